import Synchronization

/// A variable in the environment of the programs that items start. Their descendants inherit it, so that they can be found,
/// whatever group, session or parent they have.
struct ProgramMark {
  static let name = "ITEM_OF_SEPPO"

  /// The mark's begin, which all programs of this rank have, also those that its child processes start.
  static let ofRank: String = {
    let process = getpid()
    // The number of a process that has ended may be used again; its start time tells.
    return "\(process)-\(SystemFile.startTime(of: process) ?? 0)-"
  }()

  private static let count = Atomic<Int>(0)

  private let text: String

  /// Returns a mark for another program.
  init() { text = "\(ProgramMark.ofRank)\(getpid()).\(ProgramMark.count.add(1, ordering: .relaxed).newValue)." }

  var variable: String { "\(ProgramMark.name)=\(text)" }

  /// Kills all processes with this mark.
  func killProcesses() {
    // Each round, those that were just starting others are gone.
    for _ in 0..<100 {
      let found = (SystemFile.numbers(in: "/proc") ?? []).filter { process in
        SystemFile.environment(of: process).contains { $0.elementsEqual(variable.utf8) }
      }
      if found.isEmpty { return }
      for process in found { _ = signalProcess(process, SIGKILL) }
      sleep(nanoseconds: 1_000_000)
    }
  }
}
