import Synchronization

/// The status that rank 0 writes to the file `SEPPO_REPORT`, for the script that relaunches the job: that Seppo has started,
/// what a checkpoint holds, and whether the program has ended itself.
///
/// Calls that several threads of a process without a launcher make share it.
package final class Report: Sendable {
  package enum End: String {
    case well, error, deadline
  }

  private struct Content {
    var hasStarted = false
    var kept = ""
    var ended = ""
    /// The contents of this job's checkpoints, by call number.
    var keptByCall: [Int: Kept] = [:]
  }

  private struct Kept {
    let name: String
    let results: Int
    let items: Int
  }

  private let path: String?
  private let file: Int32
  private let content = Mutex(Content())

  /// The path for `noteUncaughtError`.
  ///
  /// `nonisolated(unsafe)` because it is written before signal handlers are installed.
  nonisolated(unsafe) private static var pathForHandlers: UnsafeMutablePointer<CChar>?

  package init(path: String?, isRoot: Bool) {
    self.path = path
    file = isRoot ? path.map { open($0, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644) } ?? -1 : -1
    if let path { Report.pathForHandlers = strdup(path) }
  }

  package func begin() {
    content.withLock { content in
      content.hasStarted = true
      write(content)
    }
  }

  /// Notes the number of a call's results that its checkpoint holds.
  package func checkpoint(_ name: String, kept: Int, of count: Int, call: Int) {
    content.withLock { content in
      content.keptByCall[call] = Kept(name: name, results: kept, items: count)
      content.kept = "checkpoint \(name)\nkept \(kept)\nitems \(count)\n"
      write(content)
    }
  }

  /// What is stored of all calls so far, such as "a.sqlite has 39 of 40 items"; nil if nothing is.
  package var stored: String? {
    let calls = content.withLock { $0.keptByCall }
    let files = Dictionary(grouping: calls.values, by: \.name).sorted { $0.key < $1.key }
    let texts = files.map { name, calls in
      "\(name) has \(calls.reduce(0) { $0 + $1.results }) of \(calls.reduce(0) { $0 + $1.items }) items"
    }
    return calls.values.contains { $0.results > 0 } ? texts.joined(separator: ", ") : nil
  }

  /// Notes that the job ends with the program's own status, and why. Another rank notes it if rank 0 can't.
  package func end(_ end: End) {
    content.withLock { content in
      guard content.ended.isEmpty else { return }
      content.ended = "ended \(end)\n"
      if file >= 0 { return write(content) }
      guard let path else { return }
      let file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
      guard file >= 0 else { return }
      defer { close(file) }
      let text = Array(content.ended.utf8)
      _ = text.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) }
    }
  }

  /// The same as `end(.error)`. May be called by a signal handler.
  static func noteUncaughtError() {
    guard let path = pathForHandlers else { return }
    let file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard file >= 0 else { return }
    let text: StaticString = "ended error\n"
    _ = writeBytes(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount), to: file)
    close(file)
  }

  /// Writes the file. Failures are ignored because the file is only a hint.
  private func write(_ content: Content) {
    guard file >= 0, content.hasStarted else { return }
    let text = Array("began\n\(content.kept)\(content.ended)".utf8)
    // The new text may be shorter than the old one, where another call follows.
    _ = text.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) }
    ftruncate(file, off_t(text.count))
  }
}
