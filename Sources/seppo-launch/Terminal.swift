import Foundation

enum Terminal {
  static func say(_ text: String) {
    for line in text.split(separator: "\n") { FileHandle.standardError.write(Data("mpi-run.sh: \(line)\n".utf8)) }
  }

  /// The size of the terminal that shows standard error, as `100x30`; nil if it is none.
  static var size: String? {
    var size = winsize()
    guard isatty(2) == 1, ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return "\(size.ws_col)x\(size.ws_row)"
  }

  /// Undoes the terminal's margins at the end of `mpirun`, which replaces this process: a job that is killed can't.
  static func keepMargins() {
    let script = """
      trap '' HUP INT QUIT TERM USR1 USR2
      while kill -0 "$1" 2>/dev/null; do sleep 0.3; done
      printf '\\0337\\033[r\\0338' >&2
      """
    _ = try? Child.start(
      ["/bin/sh", "-c", script, "sh", "\(getpid())"], input: "/dev/null", output: "/dev/null", ownGroup: true)
  }
}
