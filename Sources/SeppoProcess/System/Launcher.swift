/// The launcher that has started this process, by its variables and processes, which exist before MPI has started.
package enum Launcher {
  /// What it has told this process; nil if none has started it.
  package static var claim: LauncherClaim? { LauncherClaim(variable) }

  /// The number of ranks that it has started.
  package static var ranks: Int? { claim?.ranks }

  /// This process's rank.
  package static var rank: Int? { claim?.rank }

  /// What the launcher has told this process: no other rank, of this job or another one, has the same.
  static var identity: String {
    // Without PMIx, variables can be the same in each job.
    let launcher = variable("PMIX_NAMESPACE") == nil ? nearest : nil
    let numbers = [launcher.map { "\($0)" }, launcher.flatMap { SystemFile.startTime(of: $0) }.map { "\($0)" }]
    let variables = [
      "PMIX_NAMESPACE", "PMIX_RANK", "PMIX_SERVER_URI2", "PMIX_SERVER_URI21", "PMIX_SERVER_URI3", "PMIX_SERVER_URI4",
      "PMI_FD", "PMI_PORT", "PMI_RANK", "HYDI_CONTROL_FD", "SLURM_JOB_ID", "SLURM_STEP_ID", "SLURM_PROCID",
      "OMPI_COMM_WORLD_RANK", "MV2_COMM_WORLD_RANK", "FLUX_JOB_ID", "FLUX_TASK_RANK", "PALS_APID", "PALS_RANKID",
      "ALPS_APP_ID", "ALPS_APP_PE",
    ].map(variable)
    return (numbers + variables).map { $0 ?? "" }.joined(separator: "|")
  }

  /// The variables that contain a process's rank.
  static let rankVariables = LauncherKind.all.map(\.rank)

  /// Whether a launcher started this process as a rank. Every MPI launcher passes variables with one of these prefixes.
  package static var isPresent: Bool {
    if claim != nil { return true }
    let prefixes = [
      "OMPI_COMM_WORLD_", "PMI_", "PMI2_", "PMIX_", "PALS_", "ALPS_APP_", "MV2_COMM_WORLD_", "MPI_LOCALRANKID=",
    ]
    var variable = environ
    while let text = variable.pointee {
      if prefixes.contains(where: { strncmp(text, $0, $0.utf8.count) == 0 }) { return true }
      variable += 1
    }
    return false
  }

  /// Returns the ranks of this job that have a process on this machine, by their numbers among the machine's ranks; nil if the
  /// launcher or the system doesn't tell, as in a container of the rank's own.
  static func livingLocalRanks() -> Set<Int>? {
    guard let prefix = LauncherKind.of(variable)?.localRank.map({ $0 + "=" }), let launcher = nearest,
      let processes = SystemFile.numbers(in: "/proc")
    else { return nil }
    var ranks: Set<Int> = []
    for process in processes {
      // The environment of other users' processes can't be read, and a process that has ended has none.
      guard
        let variable = SystemFile.environment(of: process).first(where: { $0.starts(with: prefix.utf8) }),
        let rank = Int(String(decoding: variable.dropFirst(prefix.utf8.count), as: UTF8.self)),
        self.process(above: process) == launcher
      else { continue }
      ranks.insert(rank)
    }
    return ranks.isEmpty ? nil : ranks
  }

  /// The nearest launcher, or daemon of one, that has started this process; nil if it isn't seen.
  static var nearest: pid_t? { process(above: getppid()) }

  /// The names of launchers, and of the daemons that they start on each host, as the system shows them: 15 characters.
  private static let programs: Set<String> = [
    "mpirun", "mpiexec", "orterun", "orted", "prterun", "prted", "mpiexec.hydra", "hydra_pmi_proxy", "slurmstepd",
  ]

  /// Returns the nearest launcher, or daemon of one, among this process and those that have started it.
  private static func process(above process: pid_t) -> pid_t? {
    var process = process
    for _ in 0..<8 where process > 1 {
      guard let status = SystemFile.status(of: process) else { return nil }
      if programs.contains(String(status.name)) { return process }
      process = status.parent
    }
    return nil
  }

  /// The number of ranks that the launcher has started on this machine.
  package static var localRanks: Int? {
    LauncherKind.of(variable)?.localRanks.flatMap(variable).flatMap { Int($0) }
  }

  /// Whether `srun` has started this process with others but without a way to connect to them. Some MPI libraries then abort,
  /// and in others each process is rank 0 of 1.
  package static var isLostInStep: Bool {
    guard LauncherKind.of(variable)?.mark == "SLURM_STEP_ID", let claim, claim.ranks ?? 1 > 1 else { return false }
    return ["PMIX_RANK", "PMI_RANK", "PMI_FD"].allSatisfy { variable($0) == nil }
  }

  private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
