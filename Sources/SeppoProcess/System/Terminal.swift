/// The terminal at which a user looks at standard error. Under a launcher, that is a pipe to it.
package struct Terminal: Sendable {
  package let columns: Int
  package let rows: Int

  /// Returns the terminal's present size; nil if there is no terminal, or nothing is known about it.
  ///
  /// Under a launcher, the process's controlling terminal tells the size, or else `SEPPO_TERMINAL`, such as `100x30`.
  package static var present: Terminal? {
    size(of: 2) ?? (Launcher.isPresent ? ofController ?? announced : nil)
  }

  /// Whether standard error is a terminal itself.
  package static var isStandardError: Bool { isatty(2) == 1 }

  private init?(columns: Int, rows: Int) {
    guard columns > 0, rows > 2 else { return nil }
    (self.columns, self.rows) = (columns, rows)
  }

  private static func size(of file: Int32) -> Terminal? {
    var size = winsize()
    guard ioctl(file, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
    return Terminal(columns: Int(size.ws_col), rows: Int(size.ws_row))
  }

  private static var ofController: Terminal? {
    guard announced != nil else { return nil }
    let file = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    return size(of: file)
  }

  private static let announced: Terminal? = {
    let parts = (Settings.text("SEPPO_TERMINAL") ?? "").split(separator: "x").compactMap { Int($0) }
    return parts.count == 2 ? Terminal(columns: parts[0], rows: parts[1]) : nil
  }()

  /// Whether the locale is one of UTF-8.
  package static let isUnicode: Bool = {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { Settings.text($0) }.first { !$0.isEmpty }
    return locale.map { $0.lowercased().contains("utf") } ?? false
  }()
}

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
