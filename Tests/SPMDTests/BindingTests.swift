import Foundation
import Testing

extension SPMDTests {
  @Suite("Binding")
  struct BindingTests {
    private static let hasTwoCores = Machine.cores >= 2

    @Test(
      "Compute threads that share a core are told once, by rank 0", .enabled(if: hasTwoCores, "needs two cores"),
      arguments: [1, 2], [nil, "3"] as [String?])
    func bound(on ranks: Int, threads: String?) async throws {
      let job = try await run(ranks, binding: "core", threads)
      let said = job.messages.first ?? ""
      #expect(job.messages.count == 1, "\(job.report)")
      #expect(said.contains(/rank 0 \([^)]+\): 3 compute threads share [0-9]+ of [0-9]+ cores; launch with/), "\(said)")
      #expect(said.contains(" ./mpi-run.sh --threads 3 …, or mpirun --bind-to none …"), "\(said)")
      // Only where that many cores are there.
      let isRoom = ProcessInfo.processInfo.processorCount >= 3 * ranks
      #expect(said.hasSuffix(" (or --map-by slot:PE=3)") == isRoom, "\(said)")
    }

    @Test("In a Slurm job it is told what to ask Slurm for", .enabled(if: hasTwoCores, "needs two cores"))
    func boundBySlurm() async throws {
      // Open MPI would look for the job, so that only the program may see it.
      let job = try await Mpirun.run(
        1, "/usr/bin/env", ["SLURM_JOB_ID=1", Mpirun.products.appendingPathComponent("Endings").path, "three threads"],
        binding: "core")
      #expect(job.status == 0, "\(job.report)")
      #expect(job.messages.count == 1, "\(job.report)")
      #expect(job.messages.first?.contains("ask Slurm for --cpus-per-task=3, and launch") == true, "\(job.report)")
    }

    @Test(
      "A rank that isn't bound says nothing of it", arguments: SPMDTests.thorough([nil, 1, 2, 3], byHand: [nil, 3]),
      [nil, "3"] as [String?])
    func unbound(on ranks: Int?, threads: String?) async throws {
      let job = try await run(ranks, binding: "none", threads)
      #expect(job.messages.isEmpty, "\(job.report)")
    }

    @Test("One rank without mpirun says nothing of it, wherever it may run")
    func withoutLauncher() async throws {
      let endings = Mpirun.products.appendingPathComponent("Endings").path
      let job = try await Mpirun.start("/usr/bin/taskset", ["-c", "0", endings, "three threads"], [:], 60)
      #expect(job.status == 0, "\(job.report)")
      #expect(job.messages.isEmpty, "\(job.report)")
    }

    private func run(_ ranks: Int?, binding: String, _ threads: String?) async throws -> Job {
      let environment = threads.map { ["SEPPO_THREADS": $0] } ?? [:]
      let job = try await Mpirun.run(
        ranks, "Endings", ["three threads"], environment: environment, binding: binding)
      #expect(job.status == 0, "\(job.report)")
      return job
    }
  }
}
