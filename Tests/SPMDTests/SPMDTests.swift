import Foundation
import Testing

/// All tests that start ranks, one after the other: they would only take each other's cores.
@Suite(.serialized)
struct SPMDTests {
  static let rankCounts: [Int?] = [nil, 1, 2, 3, 5, 8]
}

extension SPMDTests {
  @Suite("Laws", .serialized)
  struct LawTests {
    @Test("mapParallel is map", arguments: SPMDTests.rankCounts)
    func hold(on ranks: Int?) async throws {
      try await expectLaws(ranks, environment: [:])
    }

    @Test("Everything goes through the wire with SEPPO_CHECK=1", arguments: [nil, 1, 3] as [Int?])
    func holdThroughTheWire(on ranks: Int?) async throws {
      try await expectLaws(ranks, environment: ["SEPPO_CHECK": "1"])
    }

    @Test("Messages that are split, at 1 KiB a piece", arguments: [2, 3] as [Int?])
    func holdInPieces(on ranks: Int?) async throws {
      try await expectLaws(ranks, environment: ["SEPPO_SPLIT_BYTES": "1024"])
    }

    @Test("Three compute threads on every rank, with SEPPO_THREADS=3", arguments: [1, 2] as [Int?])
    func holdOnSeveralThreads(on ranks: Int?) async throws {
      try await expectLaws(ranks, environment: ["SEPPO_THREADS": "3"])
    }

    @Test(
      "A SEPPO_THREADS that is no number of threads is an error that says so", arguments: ["many", "0", "2.5", "-1"])
    func badThreads(_ text: String) async throws {
      let job = try await Mpirun.run(2, "Laws", ["a nested map"], environment: ["SEPPO_THREADS": text])
      #expect(job.status == 1, "\(job.report)")
      #expect(job.messages.count == 1 && job.messages.first?.contains("SEPPO_THREADS") == true, "\(job.report)")
    }

    @Test("Other seeds than the usual one", arguments: 1...3)
    func holdForOtherSeeds(_ seed: Int) async throws {
      let job = try await Mpirun.run(3, "Laws", ["for generated inputs"], environment: ["LAWS_SEED": "\(seed)"])
      #expect(job.status == 0, "\(job.report)")
      #expect(job.output == "1 laws held on 3 ranks\n")
    }

    @Test("Items have a deep stack under every limit", arguments: ["-s unlimited", "-s 8192", "-s 1024"])
    func deepStack(_ limit: String) async throws {
      let arguments = [
        "--oversubscribe", "-n", "2", Mpirun.products.appendingPathComponent("Laws").path, "deep recursion",
      ]
      let job = try await Mpirun.start(
        "/bin/bash", ["-c", "ulimit \(limit) && exec \"$@\"", "bash", Mpirun.launcher] + arguments, [:], 60)
      #expect(job.status == 0, "\(job.report)")
      #expect(job.output == "1 laws held on 2 ranks\n")
    }

    @Test("An item past 2³¹ bytes", .enabled(if: Machine.canHold(gigabytes: 14), "needs 14 GB of free memory"))
    func holdsForAHugeItem() async throws {
      let job = try await Mpirun.run(2, "Laws", ["alone: "], limit: 300)
      #expect(job.status == 0, "\(job.report)")
      #expect(job.output == "1 laws held on 2 ranks\n")
    }

    private func expectLaws(_ ranks: Int?, environment: [String: String]) async throws {
      let job = try await Mpirun.run(ranks, "Laws", environment: environment)
      #expect(job.status == 0, "\(job.report)")
      #expect(job.output.hasSuffix(" laws held on \(ranks ?? 1) ranks\n"), "\(job.report)")
      let count = job.output.split(separator: " ").first.flatMap { Int($0) } ?? 0
      #expect(count >= 60, "only \(count) laws were held")
      #expect(job.messages.isEmpty, "\(job.report)")
    }
  }
}

extension SPMDTests {
  @Suite("Below and beside the map", .serialized)
  struct TransportTests {
    @Test(
      "Messages arrive whole and in order, whatever their size and the pieces they travel in", arguments: [1, 2, 3, 8])
    func transport(on ranks: Int) async throws {
      let job = try await Mpirun.run(ranks, "Transport")
      #expect(job.status == 0, "\(job.report)")
      let wanted = Set((0..<ranks).map { "rank \($0) held" })
      #expect(Set(job.output.split(separator: "\n").map(String.init)) == wanted, "\(job.report)")
    }

    @Test("The same over TCP, where a long message isn't there at once", arguments: [2, 3])
    func transportOverTCP(on ranks: Int) async throws {
      let job = try await Mpirun.run(ranks, "Transport", environment: ["OMPI_MCA_btl": "tcp,self"])
      #expect(job.status == 0, "\(job.report)")
      let wanted = Set((0..<ranks).map { "rank \($0) held" })
      #expect(Set(job.output.split(separator: "\n").map(String.init)) == wanted, "\(job.report)")
    }

    @Test("MPI that others have started is joined, and left to them", arguments: [1, 3], ["single", "serialized"])
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

  /// A machine that can't run a test says so by name; where `CI=true` it must be able to, and the test runs and fails.
  static func canHold(gigabytes: Int) -> Bool {
    if ProcessInfo.processInfo.environment["CI"] == "true" { return true }
    guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("MemAvailable:") }),
      let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return false }
    return kilobytes >= gigabytes << 20
  }
}
