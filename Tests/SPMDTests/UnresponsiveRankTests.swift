import Foundation
import TestSupport
import Testing

extension SPMDTests {
  @Suite("Unresponsive ranks and stuck items")
  struct UnresponsiveRankTests {
    private func run(_ ranks: Int, _ name: String, heartbeatTimeout: String) async throws -> JobResult {
      let job = try await Mpirun.run(
        ranks, "Endings", [name], environment: ["SEPPO_SILENCE_S": heartbeatTimeout], load: .sleeps)
      #expect(!job.hasTimedOut, "\(job.report)")
      return job
    }

    @Test(
      "A suspended rank is reported, and the job ends", arguments: SPMDTests.thorough([2, 3, 8], byHand: [3]),
      ["stop in an item", "stop while results are shared"])
    func stopped(on ranks: Int, _ name: String) async throws {
      let job = try await run(ranks, name, heartbeatTimeout: "10")
      #expect(job.hasStatusOfError, "\(job.report)")
      #expect(job.messages.count == 1, "\(job.report)")
      let message = job.messages.first ?? ""
      #expect(
        message.contains(/^Seppo: rank 0 \([^)]+\): rank [0-9]+ \([^)]+\) has not answered for [0-9.]+ s/),
        "\(message)")
      #expect(message.contains("rank \(ranks - 1) (") && message.contains("in mapParallel"), "\(message)")
      #expect(message.contains(/\[at Endings\/[A-Za-z]*Endings.swift:[0-9]+/), "\(message)")
    }

    @Test("A suspended rank 0 is reported by another rank", arguments: SPMDTests.thorough([2, 3, 8], byHand: [3]))
    func stoppedRoot(on ranks: Int) async throws {
      let job = try await run(ranks, "stop of root", heartbeatTimeout: "10")
      #expect(job.hasStatusOfError, "\(job.report)")
      // One rank reports it, but on a busy machine the launcher may not have ended the others before their turn.
      #expect(!job.messages.isEmpty, "\(job.report)")
      for message in job.messages {
        #expect(
          message.contains(/^Seppo: rank [1-9] \([^)]+\): rank 0 \([^)]+\) has not answered for/), "\(message)")
      }
    }

    @Test(
      "A rank in a long item or a long atRoot is responsive", arguments: SPMDTests.thorough([2, 3], byHand: [3]),
      ["long, and alive", "long in a loop, and alive"])
    func longAndAlive(on ranks: Int, _ name: String) async throws {
      let job = try await run(ranks, name, heartbeatTimeout: "2")
      #expect(job.status == 0, "\(job.report)")
      #expect(job.messages.isEmpty, "\(job.report)")
    }

    @Test("In one of many short maps, rank 0 is responsive in a long item, too")
    func longAtRoot() async throws {
      try await Ending(
        name: "long in a loop, and alive", victim: 0, status: 0, messages: 0, output: "right\nafter run\n",
        environment: ["SEPPO_SILENCE_S": "2"]
      ).check(.sleeps)
    }

    @Test("A rank that is late for a call is reported, and the others wait for it")
    func slowRank() async throws {
      let job = try await run(3, "slow rank", heartbeatTimeout: "2")
      #expect(job.status == 0, "\(job.report)")
      let message = job.messages.first ?? ""
      // At most one message every two seconds.
      #expect((1...max(1, Int(job.seconds / 2))).contains(job.messages.count), "\(job.report)")
      let waited = try #require(message.firstMatch(of: /rank 0 \(.* has waited for ([0-9.]+) s in call/), "\(message)")
      #expect((2...job.seconds).contains(Double(waited.1) ?? 0), "\(message)")
      #expect(
        message.contains(/in call 1, mapParallel at Endings\/UnresponsiveEndings.swift:[0-9]+, for rank 2 \(/),
        "\(message)")
    }

    @Test("A late rank 0 is reported once")
    func slowRoot() async throws {
      let job = try await run(3, "slow root", heartbeatTimeout: "2")
      #expect(job.status == 0, "\(job.report)")
      #expect(job.messages.count == 1, "\(job.report)")
      #expect(job.messages.first?.contains("rank 1 (") == true, "\(job.report)")
      #expect(job.messages.first?.contains("for rank 0 (") == true, "\(job.report)")
    }

    @Test(
      "A stuck item ends the job with an error that has its index",
      arguments: SPMDTests.thorough([1, 2, 3], byHand: [1, 3]))
    func neverBack(on ranks: Int) async throws {
      let job = try await run(ranks, "item that never returns", heartbeatTimeout: "300")
      #expect(job.hasStatusOfError, "\(job.report)")
      #expect(job.messages.count == 1, "\(job.report)")
      let message = job.messages.first ?? ""
      #expect(message.contains(/^Seppo: rank 0 \([^)]+\): item 7 has not returned on rank [0-9] \(/), "\(message)")
    }

    @Test("A stuck task of a pool ends the job, and holds back no result", arguments: [1, 2, 3])
    func poolNeverBack(on ranks: Int) async throws {
      let job = try await run(ranks, "task of a pool that never returns", heartbeatTimeout: "300")
      #expect(job.hasStatusOfError, "\(job.report)")
      let message = job.messages.first ?? ""
      #expect(message.contains(/: item 207 has not returned on rank [0-9] \(/), "\(job.report)")
    }

    @Test(
      "An invalid setting is an error that names it",
      arguments: ["SEPPO_SILENCE_S=soon", "SEPPO_SILENCE_S=-1", "SEPPO_LOG=loud"])
    func badSetting(_ setting: String) async throws {
      let parts = setting.split(separator: "=").map(String.init)
      let job = try await Mpirun.run(2, "Endings", ["well"], environment: [parts[0]: parts[1]])
      #expect(job.hasStatusOfError, "\(job.report)")
      #expect(job.messages.count == 1 && job.messages.first?.contains("\(setting): ") == true, "\(job.report)")
    }

    @Test("SEPPO_LOG=debug logs what each rank does")
    func log() async throws {
      let job = try await Mpirun.run(2, "Endings", ["throw on the last rank"], environment: ["SEPPO_LOG": "debug"])
      #expect(job.hasStatusOfError, "\(job.report)")
      let well = try await Mpirun.run(2, "Laws", ["100 ms after"], environment: ["SEPPO_LOG": "debug"])
      #expect(well.status == 0, "\(well.report)")
      let lines = well.errors.split(separator: "\n").filter { $0.contains(" debug seppo: ") }
      for words in [
        "rank=0", "rank=1", "mapParallel at SeppoLaws/MapResultsLaws.swift:", "sends items", "receives items",
        "throws: item 40",
      ] {
        #expect(lines.contains { $0.contains(words) }, "'\(words)' is missing: \(well.errors.prefix(4_000))")
      }
      let quiet = try await Mpirun.run(2, "Laws", ["100 ms after"])
      #expect(!quiet.errors.contains("debug"), "\(quiet.report)")
    }
  }
}
