import Foundation
import Testing

extension SPMDTests {
  @Suite("Items that terminate their rank")
  struct PoisonTests {
    @Test(
      "An item during which ranks died twice is not tried a third time, however they died",
      arguments: ["poison", "crash"], SPMDTests.thorough([1, 3, 8], byHand: [3]))
    func isNotTriedAgain(_ name: String, on ranks: Int) async throws {
      let folder = try CheckpointFolder()
      var deaths = 0
      var job = try await folder.run(ranks, name, 37).job
      while job.lostRank, deaths < 5 {
        deaths += 1
        job = try await folder.run(ranks, name, 37).job
      }
      // Rank 0 can't record its own death by SIGKILL, so that the item needs one more attempt.
      #expect((2...3).contains(deaths), "\(deaths) deaths, then \(job.report)")
      #expect(job.hasStatusOfError, "\(job.report)")
      #expect(
        job.messages.last?.contains("item 37 is not tried again: 2 processes died computing it") == true,
        "\(job.report)")
    }

    @Test("An item whose own process has crashed in two jobs is not tried a third time")
    func crashesAlone() async throws {
      let folder = try CheckpointFolder()
      for _ in 0..<2 {
        let job = try await folder.run(2, "isolated crash", 37).job
        #expect(job.status == 0 && job.output.hasPrefix("item 37 crashed on rank"), "\(job.report)")
      }
      let job = try await folder.run(2, "isolated crash", 37).job
      #expect(job.output.hasPrefix("item 37 is not tried again: 2 processes died computing it"), "\(job.report)")
      #expect(
        job.output.split(separator: "\n").count == 1 && job.errors.contains("has 59 of 60 items"),
        "\(job.report)")
    }

    @Test("With mapResults, the other items are computed", arguments: SPMDTests.thorough([1, 3], byHand: [3]))
    func theRest(on ranks: Int) async throws {
      let folder = try CheckpointFolder()
      var job = try await folder.run(ranks, "poison, and the others", 37).job
      for _ in 0..<4 where job.lostRank {
        job = try await folder.run(ranks, "poison, and the others", 37).job
      }
      #expect(job.status == 0, "\(job.report)")
      let lines = job.output.split(separator: "\n")
      #expect(lines.count == 2 && lines.first?.hasPrefix("37: item 37 is not tried again") == true, "\(job.report)")
      #expect(lines.last == "60 items", "\(job.report)")
    }

    @Test(
      "A signal from outside to a job of one rank counts as no item's death",
      arguments: SPMDTests.thorough([SIGINT, SIGHUP, SIGTERM], byHand: [SIGTERM]))
    func fromOutside(_ signal: Int32) async throws {
      let folder = try CheckpointFolder()
      for _ in 0..<3 {
        let (job, computed) = try await folder.run(
          1, "one long item", 300, signal: signal, to: "Checkpoints", after: 1, item: 3,
          environment: ["SEPPO_GRACE_S": "0"])
        #expect(job.status != 0 && !job.hasTimedOut && computed.contains(3), "\(job.report)")
      }
      let job = try await folder.run(1, "one long item", 0).job
      #expect(job.status == 0 && job.output.hasPrefix("8 results"), "\(job.report)")
    }

    @Test("With deaths: 1, one death is enough, and only for the item that caused it")
    func firstDeath() async throws {
      let folder = try CheckpointFolder()
      var job = try await folder.run(3, "poison on the first death", 37).job
      for _ in 0..<3 where job.lostRank { job = try await folder.run(3, "poison on the first death", 37).job }
      #expect(job.hasStatusOfError, "\(job.report)")
      #expect(job.messages.last?.contains("item 37 is not tried again") == true, "\(job.report)")
    }
  }
}
