#if canImport(Glibc)
  @preconcurrency import Glibc
#elseif canImport(Musl)
  @preconcurrency import Musl
#else
  @preconcurrency import Darwin
#endif

/// Messages to the user at the terminal.
package enum Console {
  /// Writes a line to standard error in one piece, so that lines of several ranks don't mix.
  package static func write(_ line: String) {
    var bytes = Array("\(line)\n".utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { writeToStandardError($0) }
      if count <= 0, errno != EINTR { return }
      bytes = bytes.dropFirst(max(0, count))
    }
  }

  /// Writes an error that every process detects before the ranks can communicate.
  ///
  /// - Parameter onlyAtRoot: whether only rank 0 writes it.
  package static func writeError(_ text: String, onlyAtRoot: Bool) {
    if onlyAtRoot, let rank = Launcher.rank, rank != 0 { return }
    write("Seppo: \(text)")
  }

  /// Under a launcher, standard output is a pipe. Without line buffering, a sudden end of the job would lose output.
  package static func flushEveryLine() {
    if isatty(1) == 0 { setvbuf(stdout, nil, _IOLBF, 0) }
  }
}

/// Calls the C library's `write`, which is shadowed inside `Console` and `Line`.
package func writeToStandardError(_ bytes: UnsafeRawBufferPointer) -> Int { write(2, bytes.baseAddress, bytes.count) }
