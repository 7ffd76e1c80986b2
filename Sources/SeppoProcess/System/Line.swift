/// A line of text that is built without allocations, for signal handlers. Text that doesn't fit is cut off.
package struct Line {
  private let buffer: UnsafeMutableRawBufferPointer
  private var length = 0

  private static let capacity = 1024

  /// Lends a line to the body.
  package static func make<Value>(_ body: (inout Line) throws -> Value) rethrows -> Value {
    try withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 1) { buffer in
      var line = Line(buffer: buffer)
      return try body(&line)
    }
  }

  private init(buffer: UnsafeMutableRawBufferPointer) { self.buffer = buffer }

  package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[..<length]) }

  private mutating func put(_ byte: UInt8) {
    // Leave space for the newline.
    guard length < buffer.count - 1 else { return }
    buffer[length] = byte
    length += 1
  }

  package mutating func put(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { put(text.utf8Start[index]) }
  }

  package mutating func put(_ bytes: UnsafeRawBufferPointer) {
    for index in 0..<bytes.count { put(bytes[index]) }
  }

  package mutating func put(_ number: Int) {
    if number >= 10 { put(number / 10) }
    put(UInt8(48 + max(0, number) % 10))
  }

  /// Appends a duration in seconds with one decimal.
  package mutating func put(nanoseconds: Int) {
    let tenths = max(0, nanoseconds) / 100_000_000
    put(tenths / 10)
    put(".")
    put(tenths % 10)
    put(" s")
  }

  package mutating func put(_ items: Range<Int>) {
    put(items.count == 1 ? "item " : "items ")
    put(items.lowerBound)
    if items.count == 1 { return }
    put(" to ")
    put(items.upperBound - 1)
  }

  /// Writes the line to standard error in one piece.
  package mutating func write() {
    buffer[length] = 10
    _ = writeToStandardError(UnsafeRawBufferPointer(rebasing: buffer[...length]))
  }
}
