import Synchronization

/// The status that rank 0 writes to the file `SEPPO_REPORT`, for the script that relaunches the job: that Seppo has started,
/// what a checkpoint holds, and whether the program has ended itself.
///
/// `Sendable` because only the thread in a call changes it; the rest is protected by a mutex.
package final class Report: @unchecked Sendable {
  package enum End: String {
    case well, error, deadline
  }

  private let path: String?
  private let file: Int32
  private var hasStarted = false
  private var kept = ""
  private var ended = ""
  /// The contents of this job's checkpoints, by call number.
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
    hasStarted = true
    write()
  }

  /// Notes the number of a call's results that its checkpoint holds.
  package func checkpoint(_ name: String, kept: Int, of count: Int, call: Int) {
    keptByCall.withLock { $0[call] = Kept(name: name, results: kept, items: count) }
    self.kept = "checkpoint \(name)\nkept \(kept)\nitems \(count)\n"
    write()
  }

  /// What is stored of all calls so far, such as "a.sqlite has 39 of 40 items"; nil if nothing is. May be called on any thread.
  package var stored: String? {
    let calls = keptByCall.withLock { $0 }
    let files = Dictionary(grouping: calls.values, by: \.name).sorted { $0.key < $1.key }
    let texts = files.map { name, calls in
      "\(name) has \(calls.reduce(0) { $0 + $1.results }) of \(calls.reduce(0) { $0 + $1.items }) items"
    }
    return calls.values.contains { $0.results > 0 } ? texts.joined(separator: ", ") : nil
  }

  /// Notes that the job ends with the program's own status, and why. Another rank notes it if rank 0 can't.
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

  /// Writes the file. Failures are ignored because the file is only a hint.
  private func write() {
    guard file >= 0, hasStarted else { return }
    let text = Array("began\n\(kept)\(ended)".utf8)
    // The new text may be shorter than the old one, where another call follows.
    _ = text.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) }
    ftruncate(file, off_t(text.count))
  }
}
