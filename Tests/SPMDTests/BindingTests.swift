import Foundation
import Testing

extension SPMDTests {
  @Suite("Binding of ranks to cores")
  struct BindingTests {
    private static let hasTwoCores = Machine.cores >= 2

    @Test(
      "Rank 0 warns once about compute threads that share a core", .enabled(if: hasTwoCores, "needs two cores"),
      arguments: [1, 2], [nil, "3"] as [String?])
    func bound(on ranks: Int, threads: String?) async throws {
      let job = try await run(ranks, binding: "core", threads)
      let message = job.messages.first ?? ""
      #expect(job.messages.count == 1, "\(job.report)")
      #expect(
        message.contains(/rank 0 \([^)]+\): 3 compute threads share [0-9]+ of [0-9]+ cores; launch with/), "\(message)")
      #expect(message.contains(" ./mpi-run.sh --threads 3 …, or mpirun --bind-to none …"), "\(message)")
      // Suggested only if the machine has enough cores.
      let hasEnoughCores = ProcessInfo.processInfo.processorCount >= 3 * ranks
      #expect(message.hasSuffix(" (or --map-by slot:PE=3)") == hasEnoughCores, "\(message)")
    }

    @Test("In a Slurm job, the warning says what to request from Slurm", .enabled(if: hasTwoCores, "needs two cores"))
    func boundBySlurm() async throws {
      // Only the program gets SLURM_JOB_ID: mpirun would look for the Slurm job.
      let job = try await Mpirun.run(
        1, "/usr/bin/env", ["SLURM_JOB_ID=1", Mpirun.products.appendingPathComponent("Endings").path, "three threads"],
        binding: "core")
      #expect(job.status == 0, "\(job.report)")
      #expect(job.messages.count == 1, "\(job.report)")
      #expect(job.messages.first?.contains("ask Slurm for --cpus-per-task=3, and launch") == true, "\(job.report)")
    }

    @Test(
      "Unbound ranks print no warning", arguments: SPMDTests.thorough([nil, 1, 2, 3], byHand: [nil, 3]),
      [nil, "3"] as [String?])
    func unbound(on ranks: Int?, threads: String?) async throws {
      let job = try await run(ranks, binding: "none", threads)
      #expect(job.messages.isEmpty, "\(job.report)")
    }

    @Test("A single rank without mpirun prints no warning, even on one core")
    func withoutLauncher() async throws {
      let endings = Mpirun.products.appendingPathComponent("Endings").path
      let job = try await Mpirun.start("/usr/bin/taskset", ["-c", "0", endings, "three threads"], [:], 60)
      #expect(job.status == 0, "\(job.report)")
      #expect(job.messages.isEmpty, "\(job.report)")
    }

    private func run(_ ranks: Int?, binding: String, _ threads: String?) async throws -> JobResult {
      let environment = threads.map { ["SEPPO_THREADS": $0] } ?? [:]
      let job = try await Mpirun.run(
        ranks, "Endings", ["three threads"], environment: environment, binding: binding)
      #expect(job.status == 0, "\(job.report)")
      return job
    }
  }
}
