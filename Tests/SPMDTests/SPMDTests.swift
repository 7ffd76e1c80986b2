import Foundation
import TestSupport
import Testing

/// All tests that start ranks, side by side as `Cores` lets them.
@Suite
struct SPMDTests {
  /// Whether all is tried at every number of ranks: where `CI=true`. By hand, the telling ones will do.
  static let isThorough = ProcessInfo.processInfo.environment["CI"] == "true"

  /// All of these where it is thorough, by hand the telling ones.
  static func thorough<Case>(_ all: [Case], byHand: [Case]) -> [Case] { isThorough ? all : byHand }
}

extension SPMDTests {
  /// At other numbers of ranks they are held in one process (LawTests).
  @Suite("Laws under mpirun")
  struct LawTests {
    @Test("mapParallel is map")
    func hold() async throws {
      try await expectLaws(3, environment: [:])
    }

    @Test("Everything goes through the wire with SEPPO_CHECK=1")
    func holdThroughTheWire() async throws {
      try await expectLaws(3, environment: ["SEPPO_CHECK": "1"])
    }

    @Test("Messages that are split, at 1 KiB a piece")
    func holdInPieces() async throws {
      try await expectLaws(3, environment: ["SEPPO_SPLIT_BYTES": "1024"])
    }

    @Test("Three compute threads on every rank, with SEPPO_THREADS=3")
    func holdOnSeveralThreads() async throws {
      try await expectLaws(2, environment: ["SEPPO_THREADS": "3"])
    }

    @Test(
      "A SEPPO_THREADS that is no number of threads is an error that says so", arguments: ["many", "0", "2.5", "-1"])
    func badThreads(_ text: String) async throws {
      let job = try await Mpirun.run(2, "Laws", ["a nested map"], environment: ["SEPPO_THREADS": text])
      #expect(job.status == 1, "\(job.report)")
      #expect(job.messages.count == 1 && job.messages.first?.contains("SEPPO_THREADS") == true, "\(job.report)")
    }

    @Test("Items have a deep stack under every limit", arguments: ["-s unlimited", "-s 8192", "-s 1024"])
    func deepStack(_ limit: String) async throws {
      let arguments = [
        "--oversubscribe", "-n", "2", Mpirun.products.appendingPathComponent("Laws").path, "deep recursion",
      ]
      let job = try await Mpirun.start(
        "/bin/bash", ["-c", "ulimit \(limit) && exec \"$@\"", "bash", Mpirun.launcher] + arguments, [:], 60, ranks: 2)
      #expect(job.status == 0, "\(job.report)")
      #expect(job.output == "1 laws held on 2 ranks\n")
    }

    /// 8,000 where there is time (`.ci/soak`).
    @Test("Maps of 16 items in a loop, each with the results of the one before", arguments: [1, 3, 5])
    func loop(on ranks: Int) async throws {
      let isSoak = ProcessInfo.processInfo.environment["SEPPO_SOAK"] != nil
      let rounds = isSoak ? 8_000 : SPMDTests.isThorough ? 400 : 100
      let job = try await Mpirun.run(
        ranks, "Laws", ["maps of 16 items"], environment: ["LAWS_ROUNDS": "\(rounds)"], limit: 300, load: .computes)
      #expect(job.status == 0, "\(job.report)")
      #expect(job.output == "1 laws held on \(ranks) ranks\n")
    }

    @Test("Values that nest deep travel, and a cycle is an error", arguments: SPMDTests.thorough([1, 3], byHand: [3]))
    func deepValues(on ranks: Int) async throws {
      let job = try await Mpirun.run(ranks, "Laws", ["alone: deep"], load: .computes)
      #expect(job.status == 0, "\(job.report)")
      #expect(job.output == "2 laws held on \(ranks) ranks\n")
    }

    /// Each law that doesn't hold is named: behind it, the others are held in a launch of their own.
    private func expectLaws(_ ranks: Int, environment: [String: String]) async throws {
      var (held, broken): (Int, [String]) = (0, [])
      while true {
        let behind = broken.last.map { ["--behind", $0] } ?? []
        let job = try await Mpirun.run(ranks, "Laws", behind, environment: environment, limit: 300, load: .computes)
        if job.status == 0 {
          #expect(job.output.hasSuffix(" laws held on \(ranks) ranks\n"), "\(job.report)")
          #expect(job.messagesButOfLoss.isEmpty, "\(job.report)")
          held += job.output.split(separator: " ").first.flatMap { Int($0) } ?? 0
          break
        }
        let name = try #require(job.errors.firstMatch(of: #/law '(.*?)': /#), "\(job.report)").1
        try #require(!broken.contains(String(name)), "\(job.report)")
        Issue.record("\(name): \(job.report)")
        broken.append(String(name))
      }
      #expect(broken.count > 0 || held >= 90, "only \(held) laws were held")
    }
  }
}

extension SPMDTests {
  @Suite("Below and beside the map")
  struct TransportTests {
    @Test(
      "Messages arrive whole and in order, whatever their size and the pieces they travel in",
      arguments: SPMDTests.thorough([1, 2, 3, 8], byHand: [3]))
    func transport(on ranks: Int) async throws {
      let job = try await Mpirun.run(ranks, "Transport")
      #expect(job.status == 0, "\(job.report)")
      let wanted = Set((0..<ranks).map { "rank \($0) held" })
      #expect(Set(job.output.split(separator: "\n").map(String.init)) == wanted, "\(job.report)")
    }

    @Test(
      "The same over TCP, where a long message isn't there at once", arguments: SPMDTests.thorough([2, 3], byHand: [3]))
    func transportOverTCP(on ranks: Int) async throws {
      let job = try await Mpirun.run(ranks, "Transport", environment: ["OMPI_MCA_btl": "tcp,self"])
      #expect(job.status == 0, "\(job.report)")
      let wanted = Set((0..<ranks).map { "rank \($0) held" })
      #expect(Set(job.output.split(separator: "\n").map(String.init)) == wanted, "\(job.report)")
    }

    @Test(
      "MPI that others have started is joined, and left to them", arguments: SPMDTests.thorough([1, 3], byHand: [3]),
      ["single", "serialized"])
    func startedByOthers(on ranks: Int, level: String) async throws {
      let job = try await Mpirun.run(ranks, "StartedByOthers", [level])
      #expect(job.status == 0, "\(job.report)")
      #expect(job.output == "328350\nMPI is still ours\n", "\(job.report)")
    }
  }
}

enum Machine {
  /// Where `CI=true` it must be.
  static var isRoot: Bool { getuid() == 0 || ProcessInfo.processInfo.environment["CI"] == "true" }

  /// Not hardware threads, of which one core may have two.
  static var cores: Int {
    let siblings = (0..<ProcessInfo.processInfo.processorCount).map {
      FileManager.default.contents(atPath: "/sys/devices/system/cpu/cpu\($0)/topology/thread_siblings")
    }
    return Set(siblings).count
  }
}
