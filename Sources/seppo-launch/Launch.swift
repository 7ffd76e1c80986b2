import Foundation
import SeppoLaunch

/// Launches a program once, or several times.
struct Launch {
  private let options: LaunchOptions
  private let settings: LaunchSettings
  private let program: String
  private let mpi: MPILauncher
  private let plan: LaunchPlan
  private let batch: BatchJob?

  /// - Parameter program: the path of the executable.
  init(_ options: LaunchOptions, _ settings: LaunchSettings, program: String) throws {
    self.options = options
    self.settings = settings
    self.program = program
    let version = try Launch.version(of: settings.mpirun)
    guard let mpi = MPILauncher(version: version) else {
      throw LaunchFailure(
        text:
          "\(settings.mpirun) is neither Open MPI's nor that of MPICH or a descendant: it prints '\(version.prefix(80))'",
        status: 3)
    }
    self.mpi = mpi
    batch = BatchJob(variable: settings.value, read: LaunchSettings.read)
    let machine = LaunchMachine(
      cores: Cores(online: ProcessInfo.processInfo.processorCount, read: LaunchSettings.read), mpi: mpi,
      isRoot: getuid() == 0,
      batch: batch, variables: settings.variables, terminal: Terminal.size)
    plan = try LaunchPlan(options, on: machine, read: LaunchSettings.read)
  }

  func run() throws {
    for message in plan.messages { Terminal.say(message) }
    if plan.passed.contains(where: { $0.hasPrefix("SEPPO_TERMINAL=") }) { Terminal.keepMargins() }
    let status: Int? = try WorkFolder.with { folder in
      try checkHosts(folder)
      guard let restarts = options.restarts else { return nil }
      return try SupervisedJob(self, folder).run(
        Supervisor(plan, with: mpi, restarts: restarts, folder: folder), first: plan)
    }
    if let status { exit(Int32(status)) }
    // `mpirun` gets this process's signals, and its status is that of this process.
    throw Child.replace(command(plan), variables: plan.environment)
  }

  func command(_ plan: LaunchPlan) -> [String] {
    [settings.mpirun] + mpi.words(for: plan) + ProgramWords.shielded([program] + options.words.dropFirst())
  }

  func asker(_ folder: String) -> HostAsker {
    HostAsker(agent: HostQuestion.agent(settings.value), own: .this, folder: folder)
  }

  /// The Slurm job whose hosts are used.
  var slurm: SlurmJob? {
    if options.hosts == nil, case .slurm(let job) = batch { job } else { nil }
  }

  /// Says what is wrong with a host, instead of `mpirun`. A batch system has its own way to start programs on its hosts.
  private func checkHosts(_ folder: String) throws {
    guard options.hosts != nil, let hosts = plan.hosts.list?.hosts.map(\.name) else { return }
    let question = HostQuestion(program: program, folder: FileManager.default.currentDirectoryPath)
    let asker = self.asker(folder)
    let problems = try asker.ask(hosts, question.command).compactMap { answer in
      question.problem(
        of: answer.host, agent: asker.agent.joined(separator: " "), status: answer.status, errors: answer.errors)
    }
    if !problems.isEmpty { throw LaunchFailure(text: problems.joined(separator: "\n"), status: 3) }
  }

  private static func version(of mpirun: String) throws -> String { try Child.output(of: [mpirun, "--version"]) }
}
