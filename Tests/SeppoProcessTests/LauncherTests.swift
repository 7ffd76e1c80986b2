import Testing

@testable import SeppoProcess

@Suite("What launchers tell their processes")
struct LauncherTests {
  private static let openMPI = ["OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_SIZE": "4", "PMIX_RANK": "2"]
  private static let hydra = ["PMI_RANK": "2", "PMI_SIZE": "4", "MPI_LOCALRANKID": "0", "MPI_LOCALNRANKS": "2"]
  private static let srun = ["SLURM_STEP_ID": "0", "SLURM_PROCID": "2", "SLURM_STEP_NUM_TASKS": "4"]
  private static let daemon = ["SLURM_STEP_ID": "0", "SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "2"]

  @Test(
    "A launcher is recognised by its variables, and the nearest one counts",
    arguments: [
      (openMPI, "Open MPI's mpirun", "rank 2 of 4"), (hydra, "Hydra", "rank 2 of 4"), (srun, "srun", "rank 2 of 4"),
      // Daemons of mpirun that srun has started, and PMI from srun.
      (openMPI.merging(daemon) { $1 }, "Open MPI's mpirun", "rank 2 of 4"),
      (hydra.merging(daemon) { $1 }, "Hydra", "rank 2 of 4"),
      (srun.merging(["PMI_RANK": "2", "PMI_SIZE": "4"]) { $1 }, "srun", "rank 2 of 4"),
      (["MV2_COMM_WORLD_RANK": "2", "MV2_COMM_WORLD_SIZE": "4"], "MVAPICH's launcher", "rank 2 of 4"),
      (["FLUX_TASK_RANK": "2", "FLUX_JOB_SIZE": "4", "PMI_RANK": "2"], "flux run", "rank 2 of 4"),
      (["PALS_RANKID": "2", "PMI_RANK": "2", "PMI_SIZE": "4"], "PALS (Cray's mpiexec)", "rank 2 of 4"),
      (["PALS_RANKID": "2"], "PALS (Cray's mpiexec)", "rank 2"), (["ALPS_APP_PE": "2"], "aprun", "rank 2"),
      (["PMI_RANK": "2", "PMI_SIZE": "4"], "the launcher", "rank 2 of 4"),
      (["PMIX_RANK": "2"], "the launcher", "rank 2"),
    ])
  func claim(_ variables: [String: String], _ launcher: String, _ place: String) throws {
    let claim = try #require(LauncherClaim { variables[$0] })
    #expect(claim.launcher.hasPrefix(launcher) && claim.place == place && claim.hasOthers && !claim.advice.isEmpty)
  }

  @Test(
    "A process without these variables, a batch script, and a number that is none have no launcher",
    arguments: [
      [:], ["SLURM_JOB_ID": "7", "SLURM_PROCID": "0", "SLURM_NTASKS": "4"], ["OMPI_COMM_WORLD_RANK": "x"],
      ["MPI_LOCALRANKID": "0"], ["FLUX_JOB_ID": "ƒ1"],
    ])
  func none(_ variables: [String: String]) { #expect(LauncherClaim { variables[$0] } == nil) }

  @Test(
    "A single rank, and a rank 0 whose launcher doesn't tell how many there are, may be alone",
    arguments: [
      ["OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "1"], ["ALPS_APP_PE": "0"], ["PMIX_RANK": "0"],
    ])
  func alone(_ variables: [String: String]) { #expect(LauncherClaim { variables[$0] }?.hasOthers == false) }
}
