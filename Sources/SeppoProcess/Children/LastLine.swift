/// The last line of a text that comes in pieces, without blank lines, and without the stack trace that Swift's runtime prints
/// after the reason of a crash.
package struct LastLine {
  private static let longest = 512
  private static let headOfTrace = Array("Current stack trace:".utf8)

  package init() {}

  private var complete: [UInt8] = []
  private var current: [UInt8] = []
  private var isInTrace = false

  package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    // Only the end can matter, and few bytes of each line.
    for byte in bytes {
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        endLine()
      } else if current.count < LastLine.longest {
        // Control characters would change the terminal on which the error is printed.
        current.append(byte < UInt8(ascii: " ") && byte != UInt8(ascii: "\t") || byte == 127 ? UInt8(ascii: "?") : byte)
      }
    }
  }

  private mutating func endLine() {
    defer { current.removeAll(keepingCapacity: true) }
    guard current.contains(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }) else { return }
    if current == LastLine.headOfTrace {
      isInTrace = true
    } else if !isInTrace || !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(current[0]) {
      isInTrace = false
      swap(&complete, &current)
    }
  }

  package var text: String {
    var end = self
    end.endLine()
    return String(decoding: end.complete, as: UTF8.self)
  }
}
