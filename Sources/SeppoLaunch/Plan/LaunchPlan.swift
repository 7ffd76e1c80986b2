import SeppoSystem

/// How a program is launched: how many ranks, where, and with which variables. It doesn't depend on which MPI it is.
package struct LaunchPlan: Sendable, Equatable {
  /// Nil if the MPI finds it out, from the hosts or the batch system.
  package var ranks: Int?
  package private(set) var threads: Int?
  package var hosts: HostSource = .none
  /// Whether there are more ranks than slots.
  package private(set) var oversubscribes = false
  package private(set) var isRoot: Bool
  /// Whether the user has chosen to which cores ranks are bound.
  package private(set) var isBound: Bool
  /// Variables that every rank gets, wherever it is: `NAME`, with its value in `environment`, or `NAME=VALUE`.
  package private(set) var passed: [String] = []
  /// Variables to set for the launcher.
  package private(set) var environment: [String: String] = [:]
  /// What the user is told, a line each.
  package private(set) var messages: [String] = []

  /// Where the ranks are.
  package enum HostSource: Sendable, Equatable {
    /// On this machine.
    case none
    /// On those of a batch job that the MPI knows by itself.
    case batch
    case list(HostList)
    case file(HostList, path: String)

    package var list: HostList? {
      switch self {
      case .none, .batch: nil
      case .list(let list), .file(let list, _): list
      }
    }
  }

  /// - Parameter read: returns the text of a file, or nil if there is none.
  package init(
    _ options: LaunchOptions, on machine: LaunchMachine, read: (String) -> String?
  ) throws(Misuse) {
    isRoot = machine.isRoot
    isBound = MPILauncher.bindingVariables.contains { machine.variables[$0]?.isEmpty == false }
    ranks = options.ranks
    threads = options.threads
    if machine.isRoot, machine.mpi.refusesRoot {
      messages.append("running as root: passing --allow-run-as-root to mpirun")
    }
    try place(options, machine, read)
    if let threads { pass("SEPPO_THREADS=\(threads)") }
    setLibraryThreads(options, machine)
    passSettings(machine)
    for variable in options.variables { pass(variable) }
  }

  /// Adds a variable, unless one of this name is there: the first counts.
  private mutating func pass(_ variable: String) {
    func name(_ text: String) -> Substring { text.prefix { $0 != "=" } }
    if !passed.contains(where: { name($0) == name(variable) }) { passed.append(variable) }
  }

  // MARK: Places

  private mutating func place(
    _ options: LaunchOptions, _ machine: LaunchMachine, _ read: (String) -> String?
  ) throws(Misuse) {
    switch (options.hosts, machine.batch) {
    case (.list(let text), _): hosts = .list(HostList(list: text))
    case (.file(let path), _):
      guard let text = read(path) else {
        throw Misuse("the host file '\(path)' cannot be read; write one with a line for each host, like: node1 slots=4")
      }
      hosts = .file(HostList(file: text), path: path)
    case (nil, .slurm(let job)):
      hosts = .batch
      ranks = ranks ?? job.tasks
      threads = threads ?? chosenThreads(machine) ?? job.threads(perItem: options.threadsPerItem ?? 1)
      let nodes = job.nodes.map { "\($0)" } ?? "its"
      report("Slurm job \(job.number)", ranks.map { "\($0)" } ?? "all its", "\(nodes) node(s)", options)
    case (nil, .pbs(let job)): take(job, "PBS job", options, machine)
    case (nil, .lsf(let job)): take(job, "LSF job", options, machine)
    case (nil, nil): fill(machine.cores, options, machine)
    }
  }

  private mutating func take(_ job: NodeFileJob, _ kind: String, _ options: LaunchOptions, _ machine: LaunchMachine) {
    hosts = .file(job.hosts, path: job.path)
    ranks = ranks ?? job.ranks
    threads =
      threads ?? chosenThreads(machine)
      ?? (options.ranks == nil ? job.threads(perItem: options.threadsPerItem ?? 1) : nil)
    report("\(kind) \(job.number)", "\(ranks ?? 0)", "\(job.hosts.hosts.count) node(s)", options)
  }

  private mutating func report(_ job: String, _ ranks: String, _ nodes: String, _ options: LaunchOptions) {
    let each = threads.map { " of \($0) thread(s)" } ?? ""
    let inside = options.threadsPerItem.map { ", \($0) thread(s) per item" } ?? ""
    messages.append("in \(job): \(ranks) ranks\(each) on \(nodes)\(inside)")
  }

  /// On this machine alone: a rank for each core, or as many as fit with their threads.
  private mutating func fill(_ cores: Cores, _ options: LaunchOptions, _ machine: LaunchMachine) {
    let threads = options.threads ?? 1
    let count = ranks ?? max(1, cores.count / (threads * (options.threadsPerItem ?? 1)))
    ranks = count
    if options.ranks == nil, cores.count < cores.threads {
      messages.append(
        "\(count) rank(s), for the \(cores.count) of \(cores.threads) cores that this container's or group's CPU limit allows"
      )
    }
    if count > cores.physical {
      oversubscribes = true
      let how = machine.mpi.needsOversubscribe ? ": passing --oversubscribe to mpirun" : ""
      messages.append("\(count) ranks share \(cores.physical) core(s)\(how)")
    } else if count * threads > cores.physical {
      messages.append("\(count) rank(s) of \(threads) threads share \(cores.physical) core(s)")
    }
  }

  /// `SEPPO_THREADS`, if it is a number. Otherwise the program reports it.
  private func chosenThreads(_ machine: LaunchMachine) -> Int? {
    machine.variables["SEPPO_THREADS"].flatMap { Int($0) }
  }

  // MARK: Variables

  /// Many libraries read these when they are loaded, before a line of the program runs. On one host, the default is that all
  /// items at once use each core once; on several, each rank sets it for itself, and for the programs that its items run.
  private mutating func setLibraryThreads(_ options: LaunchOptions, _ machine: LaunchMachine) {
    // PBS sets it to all cores of the job on a host.
    func isByBatch(_ name: String) -> Bool {
      guard case .pbs = machine.batch, let cores = machine.variables["NCPUS"] else { return false }
      return name == "OMP_NUM_THREADS" && machine.variables[name] == cores
    }
    let unset = LibraryThreads.variables.filter { machine.variables[$0]?.isEmpty != false || isByBatch($0) }
    let items = (ranks ?? 1) * (threads ?? chosenThreads(machine) ?? 1)
    var count = options.threadsPerItem ?? machine.variables["SEPPO_THREADS_PER_ITEM"].flatMap { Int($0) }
    if count == nil, hosts == .none, items > 1 { count = max(1, machine.cores.count / items) }
    if count == nil, isByBatch("OMP_NUM_THREADS"), threads ?? 1 > 1 { count = 1 }
    guard let count else { return }
    for name in unset {
      environment[name] = "\(count)"
      if options.threadsPerItem != nil || hosts != .none { pass(name) }
    }
    // By which ranks know that these are not the user's own.
    environment["SEPPO_LIBRARY_VARIABLES"] = unset.joined(separator: " ")
    if let perItem = options.threadsPerItem { pass("SEPPO_THREADS_PER_ITEM=\(perItem)") }
  }

  /// All of Seppo's own variables reach every rank. Those of this launcher don't: they are about files and processes of this host.
  private mutating func passSettings(_ machine: LaunchMachine) {
    let own = ["SEPPO_REPORT", "SEPPO_RELAUNCH", "SEPPO_TERMINAL", "SEPPO_STARTED_BY"]
    // `mpirun` hides the terminal from the program.
    if let terminal = machine.terminal, ["bar", ""].contains(machine.variables["SEPPO_PROGRESS"] ?? "") {
      pass("SEPPO_PROGRESS=bar")
      pass("SEPPO_TERMINAL=\(terminal)")
    }
    if hosts == .none { return }
    let set = Set(machine.variables.keys).union(environment.keys)
    let names = set.filter { $0.hasPrefix("SEPPO_") && !$0.hasPrefix("SEPPO_LAUNCH_") && !own.contains($0) }
    for name in names.sorted() { pass(name) }
  }

  /// The plan for the launch after this one.
  ///
  /// - Parameter number: how many times the job has been launched before.
  package func relaunch(_ number: Int) -> LaunchPlan {
    var plan = self
    plan.passed = plan.passed.filter { !$0.hasPrefix("SEPPO_RELAUNCH=") } + ["SEPPO_RELAUNCH=\(number)"]
    plan.messages = []
    return plan
  }
}
