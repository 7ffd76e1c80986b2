/// What rank 0 keeps in the file that `SEPPO_REPORT` names, for whoever launches the job again: that Seppo has begun, what a
/// checkpoint holds, and whether the program has ended itself.
///
/// Changed by one thread at a time, the one in a call: that is why it is `Sendable`.
final class Report: @unchecked Sendable {
  private let file: Int32
  private var began = false
  private var kept = ""
  private var ended = ""

  init(path: String?) {
    file = path.map { open($0, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644) } ?? -1
  }

  func begin() {
    began = true
    write()
  }

  /// So many results are stored in a checkpoint.
  func checkpoint(_ name: String, kept: Int, of count: Int) {
    self.kept = "checkpoint \(name)\nkept \(kept)\nitems \(count)\n"
    write()
  }

  /// The program ends the job itself, with an error or a status.
  func endWithError() {
    ended = "ended error\n"
    write()
  }

  /// A hint: where it can't be written, whoever reads it finds less.
  private func write() {
    guard file >= 0, began else { return }
    let text = Array("began\n\(kept)\(ended)".utf8)
    // What stood there is shorter, but for one call behind another: spaces are no lines.
    _ = text.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) }
    ftruncate(file, off_t(text.count))
  }
}
