/// Which processes the ranks are: rank 0 can see whether those of its machine live, however slow they are to answer.
package struct Peers {
  /// By rank; nil where it is out of sight, as on another machine or in another container.
  private let processes: [pid_t?]

  /// - Parameter all: each rank's `own` text.
  package init(_ all: [String]) {
    let here = Peers.surroundings
    processes = all.map { text in
      let words = text.split(separator: " ")
      return words.count == 3 && words[1...].joined(separator: " ") == here ? pid_t(words[0]) : nil
    }
  }

  /// What the ranks tell each other of themselves.
  package static var own: String { "\(getpid()) \(surroundings)" }
  /// No such text is longer, in bytes.
  package static let longest = 96

  /// The same for processes that see each other under the same numbers: the machine since its start, and the name space of
  /// processes.
  private static var surroundings: String {
    let boot = SystemFile.text("/proc/sys/kernel/random/boot_id")?.split(separator: "\n").first ?? ""
    var space = [CChar](repeating: 0, count: 64)
    let length = readlink("/proc/self/ns/pid", &space, space.count)
    return "\(boot) \(String(decoding: space.prefix(max(0, length)).map(UInt8.init(bitPattern:)), as: UTF8.self))"
  }

  /// Whether it can be seen that the rank's process lives. One that is dead is still there until it has been waited for.
  package func isSeenAlive(_ rank: Int) -> Bool {
    guard processes.indices.contains(rank), let process = processes[rank],
      let text = SystemFile.text("/proc/\(process)/stat"),
      // Its state comes behind its name, in which there may be anything.
      let end = text.lastIndex(of: ")"), let state = text[end...].dropFirst(2).first
    else { return false }
    return state != "Z" && state != "X"
  }
}
