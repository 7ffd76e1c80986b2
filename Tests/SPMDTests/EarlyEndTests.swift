import Foundation
import TestSupport
import Testing

extension SPMDTests {
  @Suite("Jobs that end before their work is complete")
  struct EarlyEndTests {
    @Test(
      "Stored results survive a kill of the whole job, and aren't computed again",
      arguments: SPMDTests.thorough([1, 3, 8], byHand: [3]))
    func killed(on ranks: Int) async throws {
      let folder = try CheckpointFolder()
      let (first, before) = try await folder.run(
        ranks, "slow", 1_000, signal: SIGKILL, to: "mpirun", after: 600, environment: ["CHECKPOINTS_HELD": "600"])
      #expect(first.status == 137 || Mpirun.isHydra && first.status == 9, "\(first.report)")
      try await folder.finishes("slow", 1_000, 2, notMoreThan: 1_000, after: before)
    }

    @Test(
      "Stored results survive a kill of one rank, which ends the job",
      arguments: SPMDTests.thorough([2, 3, 8], byHand: [3]))
    func rankKilled(on ranks: Int) async throws {
      let folder = try CheckpointFolder()
      let (first, before) = try await folder.run(
        ranks, "slow", 1_000, signal: SIGKILL, to: "Checkpoints", after: 500, environment: ["CHECKPOINTS_HELD": "500"])
      #expect(first.lostRank && !first.hasTimedOut, "\(first.report)")
      // The dead rank, and if rank 0 survived, the number of stored results.
      #expect((1...2).contains(first.messages.count), "\(first.report)")
      try await folder.finishes("slow", 1_000, 2, notMoreThan: 1_000, after: before)
    }

    @Test(
      "A stop request: no item starts, those in flight are stored, a message says how to resume, the status is 75",
      arguments: SPMDTests.thorough(
        [
          (SIGUSR1, "mpirun", 3), (SIGUSR2, "mpirun", 1), (SIGUSR1, "Checkpoints", 3), (SIGTERM, "Checkpoints", 3),
          (SIGTERM, "Checkpoints", 1),
        ], byHand: [(SIGUSR1, "mpirun", 3), (SIGTERM, "Checkpoints", 1)]))
    func asked(_ signal: Int32, to target: String, on ranks: Int) async throws {
      let folder = try CheckpointFolder()
      let (first, before) = try await folder.run(ranks, "slow", 1_500, signal: signal, to: target, after: 100)
      if Mpirun.isHydra, target == "mpirun", signal == SIGUSR2 {
        // It dies of that one.
        return #expect(first.status == 128 + Int(SIGUSR2), "\(first.report)")
      }
      #expect(first.status == 75 && first.messages.count == 1, "\(first.report)")
      let message = "\(before.count) of 1500 items; run the same command again, on any number of ranks, to resume"
      #expect(first.messages.first?.contains(message) == true, "\(first.report)")
      try await folder.finishes("slow", 1_500, 2, exactly: 1_500 - before.count, after: before)
    }

    @Test(
      "After the first stop request, further requests have no effect",
      arguments: [
        ("mpirun", SIGUSR1, "mpirun", 10), ("mpirun", SIGUSR2, "mpirun", 50), ("mpirun", SIGUSR1, "mpirun", 100),
        ("Checkpoints", SIGUSR1, "mpirun", 30), ("Checkpoints", SIGTERM, "Checkpoints", 60),
      ])
    func askedTwice(_ first: String, _ signal: Int32, _ target: String, _ milliseconds: Int) async throws {
      let folder = try CheckpointFolder()
      let (job, before) = try await folder.run(
        3, "slow", 1_500, signal: SIGUSR1, to: first, all: true, after: 100,
        second: .init(signal: signal, target: target, milliseconds: milliseconds))
      // An mpirun that is ending dies of a second signal.
      let mayDie = target == "mpirun" && job.status == 128 + Int(signal)
      // Hydra passes on SIGUSR1, and dies of SIGUSR2 at any time.
      if Mpirun.isHydra, mayDie { return }
      #expect((job.status == 75 || mayDie) && job.messages.count == 1, "\(job.report)")
      #expect(job.messages.first?.contains("\(before.count) of 1500 items; run the same") == true, "\(job.report)")
    }

    @Test(
      "An item that throws because its program got the stop signal is neither done nor failed",
      arguments: ["programs", "programs, without checkpoint", "programs, and the others"], [1, 3])
    func signalledPrograms(_ name: String, on ranks: Int) async throws {
      let folder = try CheckpointFolder()
      let (job, computed) = try await folder.run(ranks, name, 0, signal: SIGUSR1, to: "mpirun", after: 2)
      #expect(job.status == 75 && job.messages.count == 1, "\(job.report)")
      if name == "programs, without checkpoint" { return }
      #expect(job.messages.first?.contains("has \(computed.count) of 24 items; run the same") == true, "\(job.report)")
      let (next, rest) = try await folder.run(ranks, name)
      #expect(next.status == 0 && next.output.hasPrefix("24 results"), "\(next.report)")
      #expect((computed + rest).sorted() == Array(0..<24), "\(next.report)")
    }

    @Test(
      "Code outside of items that throws because its program got the stop signal has not failed",
      arguments: ["a program in atRoot", "a program outside of calls"], [1, 3])
    func signalledElsewhere(_ name: String, on ranks: Int) async throws {
      let folder = try CheckpointFolder()
      let (job, _) = try await folder.run(ranks, name, 0, signal: SIGUSR1, to: "mpirun", after: ranks)
      #expect(job.status == 75, "\(job.report)")
      let messages = ["asked to stop (SIGUSR1)", "an error was thrown after the request, possibly because of it ("]
      #expect(messages.allSatisfy { job.messages.first?.contains($0) == true }, "\(job.report)")
    }

    @Test("After a stop request to one rank, an item that throws on another rank is neither done nor failed")
    func othersThrowAfterRequest() async throws {
      let folder = try CheckpointFolder()
      let (job, _) = try await folder.run(3, "throw after the request", 0, signal: SIGUSR1, to: "Checkpoints", after: 3)
      #expect(job.status == 75 && job.messages.count == 1, "\(job.report)")
      #expect(job.messages.first?.contains("has 0 of 24 items; run the same") == true, "\(job.report)")
    }

    @Test("Results that arrive in the second between SIGTERM to mpirun and the ranks' end are stored")
    func terminated() async throws {
      let folder = try CheckpointFolder()
      let (first, before) = try await folder.run(
        3, "slow", 1_000, signal: SIGTERM, to: "mpirun", after: 100, environment: ["CHECKPOINTS_HELD": "500"])
      #expect(first.status != 0 && !first.hasTimedOut, "\(first.report)")
      try await folder.finishes("slow", 1_000, 2, notMoreThan: 950, after: before)
    }

    @Test("An item in flight has the grace period to finish", arguments: [("30", 20), ("1", 200)])
    func grace(_ seconds: String, tenths: Int) async throws {
      let folder = try CheckpointFolder()
      let (job, _) = try await folder.run(
        3, "one long item", tenths, signal: SIGUSR1, to: "mpirun", after: 4, item: 3,
        environment: ["SEPPO_GRACE_S": seconds])
      if seconds == "1" {
        #expect(job.status == 75, "\(job.report)")
        #expect(job.messages.first?.contains("some items in flight did not finish within 1 s") == true, "\(job.report)")
      } else {
        #expect(job.status == 75 || job.status == 0, "\(job.report)")
      }
      let (next, _) = try await folder.run(2, "one long item", 0)
      #expect(next.status == 0 && next.output.hasPrefix("8 results"), "\(next.report)")
    }

    @Test(
      "Without a checkpoint, the message says that results are lost and how to keep them",
      arguments: SPMDTests.thorough([1, 3], byHand: [3]))
    func without(on ranks: Int) async throws {
      let job = try await CheckpointFolder().run(
        ranks, "slow, without checkpoint", 2_000, signal: SIGUSR1, to: "mpirun", after: 50
      ).job
      #expect(job.status == 75 && job.messages.count == 1, "\(job.report)")
      #expect(job.messages.first?.contains("parallel(checkpoint: .sqlite(") == true, "\(job.report)")
    }

    @Test(
      "After a stop request, the message covers the results that earlier maps have stored",
      arguments: [("a map without checkpoint, after one with", 2_000, 30), ("atRoot after a map", 100, 11)],
      SPMDTests.thorough([1, 3], byHand: [3]))
    func afterOthers(_ stage: (name: String, number: Int, after: Int), on ranks: Int) async throws {
      let job = try await CheckpointFolder().run(
        ranks, stage.name, stage.number, signal: SIGUSR1, to: "mpirun", after: stage.after,
        environment: ["SEPPO_GRACE_S": "1"]
      ).job
      #expect(job.status == 75, "\(job.report)")
      #expect(job.messages.first?.contains("/results.sqlite has 10 of 10 items; run the same") == true, "\(job.report)")
      #expect(!job.messages.contains { $0.contains("what was computed is lost") }, "\(job.report)")
    }

    @Test("The program's code after a map has the grace period, too")
    func ownCode() async throws {
      let folder = try CheckpointFolder()
      let well = try await folder.run(
        2, "code after a map", 20, signal: SIGUSR1, to: "mpirun", after: 11
      ).job
      #expect(well.status == 0 && well.messages.isEmpty, "\(well.report)")
      let cut = try await CheckpointFolder().run(
        2, "code after a map", 200, signal: SIGUSR1, to: "mpirun", after: 11, environment: ["SEPPO_GRACE_S": "1"]
      ).job
      #expect(cut.status == 75 && cut.messages.last?.contains("in the program's own code") == true, "\(cut.report)")
    }

    private func time(in seconds: Int) -> String { "\(Int(Date().timeIntervalSince1970) + seconds)" }

    @Test(
      "No item starts that can't finish before SEPPO_DEADLINE", arguments: SPMDTests.thorough([1, 3], byHand: [3]))
    func deadline(on ranks: Int) async throws {
      let folder = try CheckpointFolder()
      var before: Set<Int> = []
      var areAllStored = true
      for name in ["SEPPO_DEADLINE", "SLURM_JOB_END_TIME"] {
        let (job, computed) = try await folder.run(
          ranks, "slow", 40_000, environment: [name: time(in: 25)], load: .sleeps)
        #expect(job.status == 75 && job.messages.last?.contains("the deadline is") == true, "\(job.report)")
        // All started items have finished and are stored; on a busy machine, some may not finish in time, which is reported.
        if job.messages.contains(where: { $0.contains("items in flight") }) { areAllStored = false }
        #expect(!computed.isEmpty && before.isDisjoint(with: computed), "\(job.report)")
        before.formUnion(computed)
      }
      let (job, computed) = try await folder.run(
        3, "slow", 40_000, environment: ["SEPPO_DEADLINE": time(in: 2)], load: .sleeps)
      #expect(job.status == 75 && computed.isEmpty, "\(job.report)")
      let stored = job.messages.last?.firstMatch(of: /has ([0-9]+) of 40000 items/).flatMap { Int($0.1) } ?? -1
      #expect(areAllStored ? stored == before.count : (1...before.count).contains(stored), "\(job.report)")
    }

    @Test("Started items have time until the deadline, whatever the grace period is")
    func deadlineOfLongItems() async throws {
      let folder = try CheckpointFolder()
      let (job, computed) = try await folder.run(
        2, "long items", 20, environment: ["SEPPO_DEADLINE": time(in: 12), "SEPPO_GRACE_S": "0"], load: .sleeps)
      #expect(job.status == 75, "\(job.report)")
      #expect(job.messages.last?.contains("has \(computed.count) of 12 items; run the same") == true, "\(job.report)")
    }

    @Test("A deadline of Slurm that has passed is ignored")
    func staleDeadline() async throws {
      let job = try await CheckpointFolder().run(2, "doubles", environment: ["SLURM_JOB_END_TIME": "1000000000"]).job
      #expect(job.status == 0 && job.messages.isEmpty, "\(job.report)")
    }

    @Test("An invalid SEPPO_DEADLINE or SEPPO_GRACE_S is an error that describes the variable")
    func badSettings() async throws {
      for (name, value) in [
        ("SEPPO_DEADLINE", "tomorrow"), ("SEPPO_DEADLINE", "2026-13-01T00:00:00"), ("SEPPO_GRACE_S", "-1"),
      ] {
        let job = try await CheckpointFolder().run(2, "slow", 1, environment: [name: value]).job
        #expect(job.hasStatusOfError && job.messages.count == 1, "\(job.report)")
        #expect(job.messages.first?.contains("\(name)=\(value): ") == true, "\(job.report)")
      }
    }

    @Test("srun without PMIx, whose tasks don't find each other, is detected")
    func srunWithoutPMIx() async throws {
      let environment = ["SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "0"]
      let job = try await CheckpointFolder().run(nil, "slow", 1, environment: environment).job
      #expect(job.hasStatusOfError && job.messages.count == 1, "\(job.report)")
      #expect(job.messages.first?.contains("srun --mpi=pmix") == true, "\(job.report)")
    }
  }
}
