import Foundation
import TestSupport
import Testing

extension SPMDTests {
  @Suite("Ranks that aren't heard of, and items that never come back")
  struct UnresponsiveRankTests {
    private func run(_ ranks: Int, _ name: String, silence: String) async throws -> Job {
      let job = try await Mpirun.run(ranks, "Endings", [name], environment: ["SEPPO_SILENCE_S": silence], load: .sleeps)
      #expect(!job.isExpired, "\(job.report)")
      return job
    }

    @Test(
      "A rank that is stopped is named, and the job ends", arguments: SPMDTests.thorough([2, 3, 8], byHand: [3]),
      ["stop in an item", "stop while results are shared"])
    func stopped(on ranks: Int, _ name: String) async throws {
      let job = try await run(ranks, name, silence: "6")
      #expect(job.status == 1, "\(job.report)")
      #expect(job.messages.count == 1, "\(job.report)")
      let said = job.messages.first ?? ""
      #expect(
        said.contains(/^Seppo: rank 0 \([^)]+\): rank [0-9]+ \([^)]+\) has not answered for [0-9.]+ s/), "\(said)")
      #expect(said.contains("rank \(ranks - 1) (") && said.contains("in mapParallel"), "\(said)")
      #expect(said.contains(/\[at Endings\/[A-Za-z]*Endings.swift:[0-9]+/), "\(said)")
    }

    @Test("Rank 0, stopped, is named by another", arguments: SPMDTests.thorough([2, 3, 8], byHand: [3]))
    func stoppedRoot(on ranks: Int) async throws {
      let job = try await run(ranks, "stop of root", silence: "6")
      #expect(job.status == 1, "\(job.report)")
      #expect(job.messages.count == 1, "\(job.report)")
      let said = job.messages.first ?? ""
      #expect(said.contains(/^Seppo: rank [1-9] \([^)]+\): rank 0 \([^)]+\) has not answered for/), "\(said)")
    }

    @Test(
      "What takes long isn't silent: an item, the body of atRoot", arguments: SPMDTests.thorough([2, 3], byHand: [3]))
    func longAndAlive(on ranks: Int) async throws {
      let job = try await run(ranks, "long, and alive", silence: "2")
      #expect(job.status == 0, "\(job.report)")
      #expect(job.messages.isEmpty, "\(job.report)")
    }

    @Test("A rank that doesn't come to a call is named, and waited for")
    func slowRank() async throws {
      let job = try await run(3, "slow rank", silence: "2")
      #expect(job.status == 0, "\(job.report)")
      let said = job.messages.first ?? ""
      // Once in two seconds of waiting.
      #expect((1...max(1, Int(job.seconds / 2))).contains(job.messages.count), "\(job.report)")
      let waited = try #require(said.firstMatch(of: /rank 0 \(.* has waited for ([0-9.]+) s in call/), "\(said)")
      #expect((2...job.seconds).contains(Double(waited.1) ?? 0), "\(said)")
      #expect(said.contains(/in call 1, mapParallel at Endings\/SilentEndings.swift:[0-9]+, for rank 2 \(/), "\(said)")
    }

    @Test("Rank 0, when it doesn't come, is named once")
    func slowRoot() async throws {
      let job = try await run(3, "slow root", silence: "2")
      #expect(job.status == 0, "\(job.report)")
      #expect(job.messages.count == 1, "\(job.report)")
      #expect(job.messages.first?.contains("rank 1 (") == true, "\(job.report)")
      #expect(job.messages.first?.contains("for rank 0 (") == true, "\(job.report)")
    }

    @Test(
      "An item that never comes back ends the job, with its index",
      arguments: SPMDTests.thorough([1, 2, 3], byHand: [1, 3]))
    func neverBack(on ranks: Int) async throws {
      let job = try await run(ranks, "item that never comes back", silence: "300")
      #expect(job.status == 1, "\(job.report)")
      #expect(job.messages.count == 1, "\(job.report)")
      let said = job.messages.first ?? ""
      #expect(said.contains(/^Seppo: rank 0 \([^)]+\): item 7 has not returned on rank [0-9] \(/), "\(said)")
    }

    @Test(
      "A setting that can't be is said", arguments: ["SEPPO_SILENCE_S=soon", "SEPPO_SILENCE_S=-1", "SEPPO_LOG=loud"])
    func badSetting(_ setting: String) async throws {
      let parts = setting.split(separator: "=").map(String.init)
      let job = try await Mpirun.run(2, "Endings", ["well"], environment: [parts[0]: parts[1]])
      #expect(job.status == 1, "\(job.report)")
      #expect(job.messages.count == 1 && job.messages.first?.contains("\(setting): it is") == true, "\(job.report)")
    }

    @Test("SEPPO_LOG=debug tells what each rank does")
    func log() async throws {
      let job = try await Mpirun.run(2, "Endings", ["throw on the last rank"], environment: ["SEPPO_LOG": "debug"])
      #expect(job.status == 1, "\(job.report)")
      let well = try await Mpirun.run(2, "Laws", ["100 ms after"], environment: ["SEPPO_LOG": "debug"])
      #expect(well.status == 0, "\(well.report)")
      let lines = well.errors.split(separator: "\n").filter { $0.contains(" debug seppo: ") }
      for words in [
        "rank=0", "rank=1", "mapParallel at SeppoLaws/FateLaws.swift:", "gives items", "is given items",
        "throws: item 40",
      ] {
        #expect(lines.contains { $0.contains(words) }, "«\(words)» is missing: \(well.errors.prefix(4_000))")
      }
      let silent = try await Mpirun.run(2, "Laws", ["100 ms after"])
      #expect(!silent.errors.contains("debug"), "\(silent.report)")
    }
  }
}
