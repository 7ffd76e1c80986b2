/// A kind of launcher, and the variables that it gives to each rank.
struct LauncherKind: Sendable {
  /// As in "… started this process as rank 2 of 4".
  let name: String
  let rank: String
  /// Nil if it doesn't tell.
  var ranks: String?
  /// Of this machine.
  var localRank: String?
  var localRanks: String?
  /// A variable that distinguishes it from others with the same variable for the rank.
  var mark: String?
  /// What to do if the MPI library doesn't find the other ranks.
  var advice = "Use the launcher from the same folder as the mpicc that you built with."

  /// The launcher that is nearest to the process comes first: Open MPI's and Hydra start their daemons with Slurm's srun, whose
  /// variables the ranks then have, too.
  static let all = [
    LauncherKind(
      name: "Open MPI's mpirun", rank: "OMPI_COMM_WORLD_RANK", ranks: "OMPI_COMM_WORLD_SIZE",
      localRank: "OMPI_COMM_WORLD_LOCAL_RANK", localRanks: "OMPI_COMM_WORLD_LOCAL_SIZE"),
    LauncherKind(
      name: "MVAPICH's launcher", rank: "MV2_COMM_WORLD_RANK", ranks: "MV2_COMM_WORLD_SIZE",
      localRank: "MV2_COMM_WORLD_LOCAL_RANK", localRanks: "MV2_COMM_WORLD_LOCAL_SIZE"),
    LauncherKind(
      name: "Hydra (the mpirun of MPICH and Intel MPI)", rank: "PMI_RANK", ranks: "PMI_SIZE",
      localRank: "MPI_LOCALRANKID",
      localRanks: "MPI_LOCALNRANKS", mark: "MPI_LOCALRANKID"),
    LauncherKind(
      name: "srun", rank: "SLURM_PROCID", ranks: "SLURM_STEP_NUM_TASKS", localRank: "SLURM_LOCALID",
      mark: "SLURM_STEP_ID",
      advice: """
        Start it with srun --mpi=pmix, or --mpi=pmi2 for MPICH (srun --mpi=list prints what this Slurm supports), or with mpirun \
        inside the job.
        """),
    LauncherKind(
      name: "flux run", rank: "FLUX_TASK_RANK", ranks: "FLUX_JOB_SIZE", localRank: "FLUX_TASK_LOCAL_ID",
      advice: "Start it with flux run -o mpi=… (flux help mpi), or with mpirun inside the job."),
    LauncherKind(
      name: "PALS (Cray's mpiexec)", rank: "PALS_RANKID", ranks: "PMI_SIZE", localRank: "PALS_LOCAL_RANKID",
      advice: "Build with Cray MPICH: module load cray-mpich, with its mpicc or cc first on the PATH."),
    LauncherKind(
      name: "aprun", rank: "ALPS_APP_PE",
      advice: "Build with Cray MPICH: module load cray-mpich, with its mpicc first on the PATH."),
    LauncherKind(name: "the launcher", rank: "PMI_RANK", ranks: "PMI_SIZE"),
    LauncherKind(name: "the launcher", rank: "PMIX_RANK"),
  ]

  /// Returns the kind that has started a process with these variables, if there is one.
  static func of(_ variable: (String) -> String?) -> LauncherKind? {
    all.first { kind in
      variable(kind.rank).flatMap { Int($0) } != nil && kind.mark.map { variable($0) != nil } ?? true
    }
  }
}

/// What a launcher has told a process.
package struct LauncherClaim: Sendable, Equatable {
  package let launcher: String
  package let rank: Int
  /// Nil if the launcher doesn't tell.
  package let ranks: Int?
  package let advice: String

  package init?(_ variable: (String) -> String?) {
    guard let kind = LauncherKind.of(variable), let rank = variable(kind.rank).flatMap({ Int($0) }) else { return nil }
    launcher = kind.name
    self.rank = rank
    ranks = kind.ranks.flatMap(variable).flatMap { Int($0) }
    advice = kind.advice
  }

  /// Whether there must be other ranks. A rank 0 can't know it if its launcher doesn't tell.
  package var hasOthers: Bool { rank > 0 || ranks ?? 1 > 1 }

  /// As in "rank 2 of 4".
  package var place: String { "rank \(rank)" + (ranks.map { " of \($0)" } ?? "") }
}
