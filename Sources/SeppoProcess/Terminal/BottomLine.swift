/// A line at the bottom of the terminal, below the lines that programs print: these scroll in the region above it, as with apt.
///
/// Control sequences: ECMA-48, and DEC's save cursor (`ESC 7`), restore cursor (`ESC 8`), index (`ESC D`), reverse index (`ESC M`)
/// and top and bottom margins (`r`).
package struct BottomLine: Sendable {
  private var size: Terminal?

  package init() {}

  /// Shows the text, which must not be wider than the terminal, in one piece.
  package mutating func show(_ text: String, on terminal: Terminal) {
    var sequence = ""
    if size?.rows != terminal.rows {
      // A free line below the cursor, then the margins, which move the cursor.
      sequence += "\u{1B}D\u{1B}M\u{1B}7\u{1B}[1;\(terminal.rows - 1)r\u{1B}8"
      size = terminal
    }
    Console.write(raw: "\(sequence)\u{1B}7\u{1B}[\(terminal.rows);1H\u{1B}[2K\(text)\u{1B}8")
  }

  /// Removes the line.
  package mutating func remove() {
    guard let size else { return }
    Console.write(raw: "\u{1B}7\u{1B}[r\u{1B}[\(size.rows);1H\u{1B}[2K\u{1B}8")
    self.size = nil
  }
}
