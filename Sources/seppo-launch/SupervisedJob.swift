import Foundation
import SeppoLaunch
import SeppoSystem

/// A job that is launched again when it has lost a rank or a host.
final class SupervisedJob {
  private let launch: Launch
  /// With the report, and host files.
  private let folder: String
  private let report: String
  private let signals: Int32
  /// Its other end is open as long as this process lives.
  private var lifeline: Int32 = -1

  init(_ launch: Launch, _ folder: String) throws {
    self.launch = launch
    self.folder = folder
    report = "\(folder)/report"
    signals = try Signals.catchAll()
    unsetenv("SEPPO_RELAUNCH")
    setenv("SEPPO_REPORT", report, 1)
    try startGuard()
  }

  /// - Returns: the status with which to end.
  func run(_ supervisor: Supervisor, first plan: LaunchPlan) throws -> Int {
    var supervisor = supervisor
    var plan = plan
    while true {
      switch supervisor.decide(after: try once(plan, &supervisor)) {
      case .ask(let pause): receive(&supervisor, nil, milliseconds: Int32(pause * 1_000))
      case let decision: if let status = end(decision) { return status }
      }
      let allocated = try self.allocated(plan)
      let lost = try lost(of: supervisor.hosts(allocated: allocated))
      receive(&supervisor, nil, milliseconds: 0)
      let decision = supervisor.relaunch(lost: lost, allocated: allocated)
      if case .launch(let next, let message) = decision {
        Terminal.say(message)
        plan = next
      } else if let status = end(decision) {
        return status
      }
    }
  }

  private func end(_ decision: Supervisor.Decision) -> Int? {
    guard case .end(let status, let message) = decision else { return nil }
    if let message { Terminal.say(message) }
    return status
  }

  // MARK: One launch

  private func once(_ plan: LaunchPlan, _ supervisor: inout Supervisor) throws -> LaunchEnd {
    try "".write(toFile: report, atomically: false, encoding: .utf8)
    if case .file(let list, let path) = plan.hosts, path.hasPrefix(folder) {
      try list.text.write(toFile: path, atomically: true, encoding: .utf8)
    }
    let began = Date()
    // A group of its own: signals of a terminal reach it by this process only.
    let variables = ProcessInfo.processInfo.environment.merging(plan.environment) { $1 }
    let mpirun = try Child.start(launch.command(plan), variables: variables, ownGroup: true)
    try "\(mpirun.id)".write(toFile: "\(folder)/mpirun", atomically: true, encoding: .utf8)
    var watch = HangWatch()
    var hasHung = false
    var nextCheck = began.addingTimeInterval(1)
    var status = mpirun.status()
    while status == nil {
      receive(&supervisor, mpirun, milliseconds: 100)
      if Date() >= nextCheck, !hasHung {
        nextCheck = Date().addingTimeInterval(1)
        if watch.check(mpirun.id, try processes()) {
          hasHung = true
          kill(mpirun.id, SIGKILL)
        }
      }
      status = mpirun.status()
    }
    try? FileManager.default.removeItem(atPath: "\(folder)/mpirun")
    receive(&supervisor, nil, milliseconds: 0)
    return LaunchEnd(
      status: status ?? 255, report: JobReport(LaunchSettings.read(report) ?? ""), hasHung: hasHung,
      seconds: Date().timeIntervalSince(began))
  }

  /// Passes on the signals that arrive within a time.
  private func receive(_ supervisor: inout Supervisor, _ mpirun: Child?, milliseconds: Int32) {
    for number in Signals.wait(on: signals, milliseconds: milliseconds) {
      let name = supervisor.receive(signal: Signals.name(number))
      if let mpirun, let name { kill(mpirun.id, Signals.number(name)) }
    }
  }

  private func processes() throws -> [HangWatch.Process] {
    try Child.output(of: ["ps", "-A", "-o", "pid=", "-o", "ppid=", "-o", "stat="]).split(separator: "\n").compactMap {
      HangWatch.Process(line: $0)
    }
  }

  // MARK: Hosts

  /// The nodes of the Slurm job, which the MPI finds by itself as long as none is lost.
  private func allocated(_ plan: LaunchPlan) throws -> HostList? {
    guard let slurm = launch.slurm, plan.hosts == .batch else { return nil }
    let names = (try? Child.output(of: ["scontrol", "show", "hostnames", slurm.nodeList ?? ""])) ?? ""
    let nodes = names.split(separator: "\n").map(String.init)
    return nodes.isEmpty ? nil : HostList(list: slurm.hostList(names: nodes, ranks: plan.ranks))
  }

  private func lost(of hosts: [String]) throws -> [String] {
    if hosts.isEmpty { return [] }
    guard launch.slurm != nil else {
      return try launch.asker(folder).ask(hosts, "true").filter { $0.status != 0 }.map(\.host)
    }
    let format = ["--noheader", "--Node", "--nodes=\(hosts.joined(separator: ","))", "--format=%N %T"]
    return NodeStates.lost(in: (try? Child.output(of: ["sinfo"] + format)) ?? "", own: .this)
  }

  // MARK: The guard

  /// Starts a process that asks the job to stop if this one is killed.
  private func startGuard() throws {
    guard let ends = makePipe() else { throw LaunchFailure.noPipe }
    lifeline = ends.write
    let script = """
      trap '' HUP INT TERM USR1 USR2
      cat <&3
      [ -d "$1" ] || exit 0
      sleep 1 # mpirun may be about to start
      kill -USR1 "$(cat "$1/mpirun")"
      rm -rf "$1"
      """
    _ = try Child.start(
      ["/bin/sh", "-c", script, "sh", folder], input: "/dev/null", output: "/dev/null", errors: "/dev/null",
      ownGroup: true, kept: ends.read)
    close(ends.read)
  }
}
