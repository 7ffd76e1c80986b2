/// The processes of the ranks. With them, rank 0 can see whether the ranks on its machine are alive, however slowly they
/// respond.
package struct Peers {
  /// The process IDs by rank; nil for a rank that can't be seen from here, because it is on another machine or in another
  /// container.
  private let processes: [pid_t?]

  /// - Parameter all: the `own` text of each rank.
  package init(_ all: [String]) {
    let here = Peers.namespace
    processes = all.map { text in
      let words = text.split(separator: " ")
      return words.count == 3 && words[1...].joined(separator: " ") == here ? pid_t(words[0]) : nil
    }
  }

  /// The text that identifies this process to the other ranks.
  package static var own: String { "\(getpid()) \(namespace)" }
  /// The maximum length of such a text, in bytes.
  package static let maximumLength = 96

  /// A text that is the same for all processes that share process IDs: the machine's boot ID and the PID namespace.
  private static var namespace: String {
    let boot = SystemFile.text("/proc/sys/kernel/random/boot_id")?.split(separator: "\n").first ?? ""
    return "\(boot) \(SystemFile.link("/proc/self/ns/pid") ?? "")"
  }

  /// Returns whether the rank is known to be on this machine.
  package func isOnThisMachine(_ rank: Int) -> Bool { processes.indices.contains(rank) && processes[rank] != nil }

  /// The number of cores that the ranks on this machine may use, all together, and the number of these ranks; nil if that isn't
  /// known.
  package var cores: (count: Int, ranks: Int)? {
    let masks = processes.compactMap { $0.flatMap { Binding.mask(ofProcess: "\($0)") } }
    guard masks.count > 0 else { return nil }
    return (masks.dropFirst().reduce(masks[0]) { $0.union($1) }.count, masks.count)
  }

  /// Returns whether the rank's process is known to be alive. A dead process (a zombie) exists until its parent waits for it.
  package func isSeenAlive(_ rank: Int) -> Bool {
    guard processes.indices.contains(rank), let process = processes[rank],
      let status = SystemFile.status(of: process)
    else { return false }
    return status.state != "Z" && status.state != "X"
  }
}
