/// The launcher's environment variables, which exist before MPI has started.
package enum Launcher {
  /// The number of ranks that the launcher of Open MPI, MPICH or Slurm has started.
  package static var ranks: Int? { number("OMPI_COMM_WORLD_SIZE") ?? number("PMI_SIZE") ?? slurmTasks }

  /// This process's rank.
  package static var rank: Int? {
    number("OMPI_COMM_WORLD_RANK") ?? number("PMI_RANK") ?? number("PMIX_RANK")
      ?? (slurmTasks == nil ? nil : number("SLURM_PROCID"))
  }

  /// The number of tasks in this process's `srun` step; nil if `srun` didn't start it. (A batch script has no step, and a
  /// process that mpirun starts has mpirun's variables.)
  package static var slurmTasks: Int? {
    getenv("SLURM_STEP_ID") == nil || getenv("OMPI_COMM_WORLD_SIZE") != nil ? nil : number("SLURM_STEP_NUM_TASKS")
  }

  /// Whether a launcher started this process as a rank: every MPI launcher passes variables with one of these prefixes.
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

  /// The ranks of this job that have a process on this machine, numbered among those of the machine; nil where the launcher
  /// or the system doesn't tell.
  static func livingLocalRanks() -> Set<Int>? {
    guard let job = getenv("PMIX_NAMESPACE").map({ "PMIX_NAMESPACE=" + String(cString: $0) }),
      let folder = opendir("/proc")
    else { return nil }
    defer { closedir(folder) }
    let prefix = "OMPI_COMM_WORLD_LOCAL_RANK="
    var ranks: Set<Int> = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
      }
      // Those of others can't be read, and one that has ended has none.
      guard Int(name) != nil, let variables = SystemFile.bytes("/proc/\(name)/environ")?.split(separator: 0),
        variables.contains(where: { $0.elementsEqual(job.utf8) }),
        let variable = variables.first(where: { $0.starts(with: prefix.utf8) }),
        let rank = Int(String(decoding: variable.dropFirst(prefix.utf8.count), as: UTF8.self))
      else { continue }
      ranks.insert(rank)
    }
    return ranks.isEmpty ? nil : ranks
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
