/// Finds out that `mpirun` hangs: it has not noticed, in ten checks a second apart, that all its processes have died.
///
/// Open MPI 4.1 sometimes does when a rank is killed at start-up: it waits for a lock, in PMIx_server_finalize.
package struct HangWatch: Sendable {
  /// A process, as `ps -A -o pid= -o ppid= -o stat=` prints it.
  package struct Process: Sendable, Equatable {
    package let id: Int32
    package let parent: Int32
    package let state: String

    package init(id: Int32, parent: Int32, state: String) {
      self.id = id
      self.parent = parent
      self.state = state
    }

    /// Parses a line; nil if it is none.
    package init?(line: some StringProtocol) {
      let words = line.split(separator: " ")
      guard words.count == 3, let id = Int32(words[0]), let parent = Int32(words[1]) else { return nil }
      self.init(id: id, parent: parent, state: String(words[2]))
    }
  }

  private static let patience = 10
  private var checks = 0

  package init() {}

  /// - Returns: whether it hangs.
  package mutating func check(_ mpirun: Int32, _ processes: [Process]) -> Bool {
    let isStopped = processes.contains { $0.id == mpirun && ($0.state.hasPrefix("T") || $0.state.hasPrefix("Z")) }
    let children = processes.filter { $0.parent == mpirun }
    let areDead = !children.isEmpty && children.allSatisfy { $0.state.hasPrefix("Z") }
    checks = areDead && !isStopped ? checks + 1 : 0
    return checks >= HangWatch.patience
  }
}
