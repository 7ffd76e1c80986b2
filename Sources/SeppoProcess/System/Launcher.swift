/// The launcher's environment variables, which exist before MPI has started.
package enum Launcher {
  /// The number of ranks that the launcher of Open MPI, MPICH or Slurm has started.
  package static var ranks: Int? { number("OMPI_COMM_WORLD_SIZE") ?? number("PMI_SIZE") ?? slurmTasks }

  /// This process's rank.
  package static var rank: Int? {
    rankVariables.lazy.compactMap { number($0) }.first ?? (slurmTasks == nil ? nil : number("SLURM_PROCID"))
  }

  /// What the launcher has told this process: no other rank, of this job or another one, has the same.
  static var identity: String {
    [
      "PMIX_NAMESPACE", "PMIX_RANK", "PMIX_SERVER_URI2", "PMIX_SERVER_URI21", "PMIX_SERVER_URI3", "PMIX_SERVER_URI4",
      "PMI_FD",
      "PMI_RANK", "SLURM_JOB_ID", "SLURM_STEP_ID", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK",
    ].map { (name: String) in getenv(name).map { String(cString: $0) } ?? "" }.joined(separator: "|")
  }

  /// The variables that contain a process's rank, with the most specific one first.
  static let rankVariables = ["OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"]

  /// The number of tasks in this process's `srun` step; nil if `srun` didn't start it. (A batch script has no step, and a
  /// process that mpirun starts has mpirun's variables.)
  package static var slurmTasks: Int? {
    getenv("SLURM_STEP_ID") == nil || getenv("OMPI_COMM_WORLD_SIZE") != nil ? nil : number("SLURM_STEP_NUM_TASKS")
  }

  /// Whether a launcher started this process as a rank. Every MPI launcher passes variables with one of these prefixes.
  package static var isPresent: Bool {
    if ranks != nil || rank != nil { return true }
    let prefixes = ["OMPI_COMM_WORLD_", "PMI_", "PMI2_", "PMIX_", "PALS_", "MV2_COMM_WORLD_", "MPI_LOCALRANKID="]
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
    guard let job = getenv("PMIX_NAMESPACE").map({ "PMIX_NAMESPACE=" + String(cString: $0) }), seesLauncher,
      let processes = SystemFile.numbers(in: "/proc")
    else { return nil }
    let prefix = "OMPI_COMM_WORLD_LOCAL_RANK="
    var ranks: Set<Int> = []
    for process in processes {
      // The environment of other users' processes can't be read, and a process that has ended has none.
      let variables = SystemFile.environment(of: process)
      guard variables.contains(where: { $0.elementsEqual(job.utf8) }),
        let variable = variables.first(where: { $0.starts(with: prefix.utf8) }),
        let rank = Int(String(decoding: variable.dropFirst(prefix.utf8.count), as: UTF8.self))
      else { continue }
      ranks.insert(rank)
    }
    return ranks.isEmpty ? nil : ranks
  }

  /// Whether the launcher, or its daemon, is among this process's ancestors: then its other children are visible, too.
  private static var seesLauncher: Bool {
    var process = getppid()
    for _ in 0..<8 where process > 1 {
      guard let status = SystemFile.status(of: process) else { return false }
      if ["mpirun", "mpiexec", "orterun", "orted", "prterun", "prted"].contains(status.name) { return true }
      process = status.parent
    }
    return false
  }

  /// The number of ranks that Open MPI's launcher has started on this machine.
  package static var localRanks: Int? { number("OMPI_COMM_WORLD_LOCAL_SIZE") }

  /// Whether `srun` has started this process with others but without a way to connect to them. Some MPI libraries then abort,
  /// and in others each process is rank 0 of 1.
  package static var isLostInStep: Bool {
    (slurmTasks ?? 1) > 1 && ["PMIX_RANK", "PMI_RANK", "PMI_FD"].allSatisfy { (name: String) in getenv(name) == nil }
  }

  private static func number(_ name: String) -> Int? {
    getenv(name).flatMap { Int(String(cString: $0)) }
  }
}
