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

  private static let announced = Settings.text("SEPPO_TERMINAL").flatMap { ObservationSettings.terminalSize($0) }
    .flatMap { Terminal(columns: $0.columns, rows: $0.rows) }

  /// Whether the locale is one of UTF-8.
  package static let isUnicode: Bool = {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { Settings.text($0) }.first { !$0.isEmpty }
    return locale.map { $0.lowercased().contains("utf") } ?? false
  }()
}
