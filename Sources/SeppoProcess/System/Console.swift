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
    let bytes = Array("\(line)\n".utf8)
    bytes.withUnsafeBytes { write($0) }
  }

  /// Writes text to standard error as it is, in one piece.
  static func write(raw text: String) { Array(text.utf8).withUnsafeBytes { write($0) } }

  /// Writes text to standard error.
  static func write(_ text: UnsafeRawBufferPointer) { _ = writeAll(text, to: 2) }

  /// Writes an error that every process detects before the ranks can communicate.
  ///
  /// - Parameter onlyAtRoot: whether only rank 0 writes it.
  package static func writeError(_ text: String, onlyAtRoot: Bool) {
    if onlyAtRoot, let rank = Launcher.rank, rank != 0 { return }
    write("Seppo: \(text)")
  }

  /// Under a launcher, standard output is a pipe. Without line buffering, a sudden end of the job would lose output.
  package static func flushEveryLine() {
    if isatty(1) != 0 { return }
    // A buffer of its own, for ever: MPICH turns buffering off, and then glibc keeps a buffer of one byte.
    setvbuf(stdout, UnsafeMutablePointer<CChar>.allocate(capacity: lineCapacity), _IOLBF, lineCapacity)
  }

  /// In bytes. Longer lines are written in pieces.
  private static let lineCapacity = 1 << 14

  /// Writes what was printed. Not `fflush(nil)`, which waits for a thread that reads standard input.
  package static func flushOutput() { fflush(stdout) }
}

/// Calls the C library's `write`, which types with a method of that name shadow.
package func writeToStandardError(_ bytes: UnsafeRawBufferPointer) -> Int { writeBytes(bytes, to: 2) }

/// The same for any file.
func writeBytes(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> Int { write(file, bytes.baseAddress, bytes.count) }

/// Writes all bytes to a file.
///
/// - Returns: the number of the error that the system reports; nil if all are written.
func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> Int32? {
  var rest = bytes
  while !rest.isEmpty {
    let count = writeBytes(rest, to: file)
    if count < 0, errno == EINTR { continue }
    if count <= 0 { return count < 0 ? errno : EIO }
    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
  }
  return nil
}

/// Calls the C library's `read`, which types with a method of that name shadow.
func readBytes(from file: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
  read(file, buffer.baseAddress, buffer.count)
}
