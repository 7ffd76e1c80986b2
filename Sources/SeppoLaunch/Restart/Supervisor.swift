/// Decides, after each launch of a job, whether to launch it again, and where.
///
/// Pure: it is told what has happened, and says what to do.
package struct Supervisor: Sendable {
  package enum Decision: Sendable, Equatable {
    /// End with this status, after printing a line.
    case end(status: Int, message: String?)
    /// Ask which hosts still answer, after a pause in seconds; then call `relaunch`.
    case ask(pause: Double)
    /// Launch again, after printing a line.
    case launch(LaunchPlan, message: String)
  }

  private let mpi: MPILauncher
  private let restarts: Int
  /// For host files without the lost hosts.
  private let folder: String
  private var plan: LaunchPlan
  private var launches = 0
  private var last: LaunchEnd?
  /// Whether this process was asked to stop the job.
  private var isAskedToStop = false

  package init(_ plan: LaunchPlan, with mpi: MPILauncher, restarts: Int, folder: String) {
    self.mpi = mpi
    self.plan = plan
    self.restarts = restarts
    self.folder = folder
  }

  /// Takes note of a signal to this process.
  ///
  /// - Returns: the signal for `mpirun`; nil for none. A second USR1 would kill an mpirun that is ending.
  package mutating func receive(signal: String) -> String? {
    defer { isAskedToStop = true }
    let forwarded = mpi.signal(for: signal)
    return isAskedToStop && forwarded.hasPrefix("USR") ? nil : forwarded
  }

  package mutating func decide(after end: LaunchEnd) -> Decision {
    last = end
    if isAskedToStop { return .end(status: status(of: end), message: nil) }
    guard end.isWorthRelaunch else {
      guard end.report.ended == "deadline" else { return .end(status: end.status, message: nil) }
      return .end(
        status: end.status,
        message: "no relaunch: the deadline has passed; \(end.report.stored): submit the job again to resume")
    }
    if launches >= restarts {
      return .end(
        status: end.status,
        message: """
          all \(restarts) relaunches are used up: \(end.cause); \(end.report.stored): find the cause, then run the same command to \
          resume
          """)
    }
    // So that a job that fails at once doesn't spin.
    return .ask(pause: end.seconds > 1 ? 0 : 1)
  }

  /// At start-up, mpirun is killed by signals that it later forwards. Nothing was computed: that is a normal stop.
  private func status(of end: LaunchEnd) -> Int {
    let signal = SignalNames.name(ofStatus: end.status)
    return !end.report.hasBegun && (signal == "USR1" || signal == "USR2") ? LaunchEnd.stopped : end.status
  }

  /// Returns what to do when the hosts have been asked.
  ///
  /// - Parameters:
  ///   - lost: the hosts that don't answer.
  ///   - allocated: the hosts of a batch job, which the MPI finds by itself as long as none is lost.
  package mutating func relaunch(lost: [String], allocated: HostList? = nil) -> Decision {
    guard let last else { preconditionFailure("there was no launch") }
    if isAskedToStop { return .end(status: last.status, message: nil) }
    var change = ""
    if !lost.isEmpty, let all = plan.hosts.list ?? allocated {
      let left = all.without(lost)
      if left.hosts.isEmpty {
        return .end(
          status: last.status,
          message: """
            no relaunch: \(last.cause); \(last.report.stored); none of the hosts answers: \(lost.joined(separator: " ")): run the same \
            command when they do
            """)
      }
      change = "; without \(lost.joined(separator: " ")) (no answer)"
      plan.hosts = left.isFile ? .file(left, path: "\(folder)/hosts.\(launches + 1)") : .list(left)
      if let ranks = plan.ranks, let slots = left.slots, ranks > slots {
        change += ", so -n \(slots) instead of \(ranks)"
        plan.ranks = slots
      }
    }
    launches += 1
    return .launch(
      plan.relaunch(launches),
      message: "relaunch \(launches) of \(restarts): \(last.cause); \(last.report.stored)\(change)")
  }

  /// The hosts to ask before the next launch, each once.
  package func hosts(allocated: HostList? = nil) -> [String] {
    (plan.hosts.list ?? allocated)?.hosts.map(\.name) ?? []
  }
}
