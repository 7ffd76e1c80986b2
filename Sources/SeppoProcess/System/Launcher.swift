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
