/// The last line of a text that comes in pieces, without blank lines.
package struct LastLine {
  private static let longest = 512

  package init() {}

  private var complete: [UInt8] = []
  private var current: [UInt8] = []

  package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    // Only the end can matter, and few bytes of each line.
    for byte in bytes {
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        endLine()
      } else if current.count < LastLine.longest {
        current.append(byte)
      }
    }
  }

  private mutating func endLine() {
    if current.contains(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }) { swap(&complete, &current) }
    current.removeAll(keepingCapacity: true)
  }

  package var text: String {
    var end = self
    end.endLine()
    return String(decoding: end.complete, as: UTF8.self)
  }
}
