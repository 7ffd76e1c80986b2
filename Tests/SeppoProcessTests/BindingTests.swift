import Testing

@testable import SeppoProcess

@Suite("The binding of ranks to cores")
struct BindingTests {
  @Test(
    "The kernel's mask has a bit for each core",
    arguments: [("1", 1), ("c", 2), ("ff,ffffffff", 40), ("00000000,00000000,0000000f", 4)])
  func mask(_ text: String, has cores: Int) {
    #expect(Binding.mask(inStatusLine: "Cpus_allowed:\t\(text)\n")?.count == cores)
  }

  @Test("Other lines are ignored", arguments: ["Cpus_allowed_list:\t0-7\n", "Mems_allowed:\t1\n", ""])
  func other(_ line: String) { #expect(Binding.mask(inStatusLine: line) == nil) }

  @Test(
    "The advice is what the user has not done yet",
    arguments: [
      ([:], "launch with ./mpi-run.sh --threads 3 …, or mpirun --bind-to none … (or --map-by slot:PE=3)"),
      (["SLURM_JOB_ID": "1"], "ask Slurm for --cpus-per-task=3, and launch with"),
      (["SLURM_JOB_ID": "1", "SLURM_CPUS_PER_TASK": "2"], "ask Slurm for --cpus-per-task=3, and launch with"),
      (["SLURM_JOB_ID": "1", "SLURM_CPUS_PER_TASK": "4", "OMPI_COMM_WORLD_RANK": "0"], "launch with ./mpi-run.sh"),
      (
        ["SLURM_JOB_ID": "1", "SLURM_CPUS_PER_TASK": "4", "SLURM_STEP_ID": "0", "SLURM_PROCID": "0"],
        "since Slurm 22.05, srun does not take --cpus-per-task from the job"
      ),
    ])
  func advice(_ variables: [String: String], _ start: String) {
    #expect(Binding.advice(threads: 3, canBind: true) { variables[$0] }.hasPrefix(start))
  }

  #if os(Linux)
    @Test("The cores of this process are found, and none for a process that doesn't exist")
    func own() throws {
      #expect(try #require(Binding.cores(ofProcess: "self")) >= 1)
      #expect(Binding.cores(ofProcess: "none") == nil)
    }
  #endif
}
