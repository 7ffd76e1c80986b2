/// A line at the bottom of the terminal, below the lines that programs print: these scroll in the region above it, as with apt.
///
/// Control sequences: ECMA-48, and DEC's save cursor (`ESC 7`), restore cursor (`ESC 8`), index (`ESC D`), reverse index (`ESC M`)
/// and top and bottom margins (`r`).
package struct BottomLine: Sendable {
  private var size: Terminal?
  private let page: SharedPage

  /// - Parameter page: what this rank is doing. If it is killed, its watchdog undoes the margins.
  package init(_ page: SharedPage) { self.page = page }

  /// Shows the text, which must not be wider than the terminal, in one piece.
  package mutating func show(_ text: String, on terminal: Terminal) {
    var sequence = ""
    if size?.rows != terminal.rows {
      // A free line below the cursor, then the margins, which move the cursor.
      sequence += "\u{1B}D\u{1B}M\u{1B}7\u{1B}[1;\(terminal.rows - 1)r\u{1B}8"
      size = terminal
      page.words.pointee.bottomLine.store(terminal.rows, ordering: .relaxed)
    }
    Console.write(raw: "\(sequence)\u{1B}7\u{1B}[\(terminal.rows);1H\u{1B}[2K\(text)\u{1B}8")
  }

  /// Removes the line.
  package mutating func remove() {
    guard let size else { return }
    Console.write(raw: "\u{1B}7\u{1B}[r\u{1B}[\(size.rows);1H\u{1B}[2K\u{1B}8")
    self.size = nil
    page.words.pointee.bottomLine.store(0, ordering: .relaxed)
  }

  /// Undoes the margins, if there are any, before a signal ends the process. Async-signal-safe.
  static func undo(_ page: SharedPage) {
    guard page.words.pointee.bottomLine.exchange(0, ordering: .relaxed) != 0 else { return }
    let text: StaticString = "\u{1B}7\u{1B}[r\u{1B}[999;1H\u{1B}[2K\u{1B}8"
    _ = writeBytes(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount), to: 2)
  }
}
