import Synchronization

/// What rank 0 keeps in the file that `SEPPO_REPORT` names, for whoever launches the job again: that Seppo has begun, what a
/// checkpoint holds, and whether the program has ended itself.
///
/// Changed by one thread at a time, the one in a call, but for what has a mutex: that is why it is `Sendable`.
package final class Report: @unchecked Sendable {
  package enum End: String {
    case well, error, deadline
  }

  private let path: String?
  private let file: Int32
  private var began = false
  private var kept = ""
  private var ended = ""
  /// What the checkpoints of this job hold, by the calls' numbers.
  private let keptByCall = Mutex<[Int: Kept]>([:])

  private struct Kept {
    let name: String
    let results: Int
    let items: Int
  }

  package init(path: String?, isRoot: Bool) {
    self.path = path
    file = isRoot ? path.map { open($0, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644) } ?? -1 : -1
  }

  package func begin() {
    began = true
    write()
  }

  /// So many of a call's results are stored in its checkpoint.
  package func checkpoint(_ name: String, kept: Int, of count: Int, call: Int) {
    keptByCall.withLock { $0[call] = Kept(name: name, results: kept, items: count) }
    self.kept = "checkpoint \(name)\nkept \(kept)\nitems \(count)\n"
    write()
  }

  /// What is stored of all calls so far, as "a.sqlite has 39 of 40 items"; nil where nothing is. For any thread.
  package var stored: String? {
    let calls = keptByCall.withLock { $0 }
    let files = Dictionary(grouping: calls.values, by: \.name).sorted { $0.key < $1.key }
    let texts = files.map { name, calls in
      "\(name) has \(calls.reduce(0) { $0 + $1.results }) of \(calls.reduce(0) { $0 + $1.items }) items"
    }
    return calls.values.contains { $0.results > 0 } ? texts.joined(separator: ", ") : nil
  }

  /// The job ends, and why: then its status is the program's own. Another rank than 0 says it where rank 0 can't.
  package func end(_ end: End) {
    guard ended.isEmpty else { return }
    ended = "ended \(end)\n"
    if file >= 0 { return write() }
    guard let path else { return }
    let file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard file >= 0 else { return }
    defer { close(file) }
    let text = Array(ended.utf8)
    _ = text.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) }
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
