import Foundation
import TestSupport
import Testing

/// All tests that start ranks. They run concurrently, as far as `Cores` allows.
@Suite
struct SPMDTests {
  /// Whether every test runs at every number of ranks: with `CI=true`. A manual run needs only the most telling cases, and so does
  /// one with a further MPI.
  static let isThorough: Bool = {
    let variables = ProcessInfo.processInfo.environment
    return variables["CI"] == "true" && variables["SEPPO_TEST_BRIEF"] == nil
  }()

  /// Returns the first cases with `CI=true`, otherwise the second.
  static func thorough<Case>(_ all: [Case], byHand: [Case]) -> [Case] { isThorough ? all : byHand }
}

extension SPMDTests {
  /// Other numbers of ranks are tested in one process (the target LawTests).
  @Suite("Laws under mpirun")
  struct MpirunLawTests {
    @Test("All laws hold")
    func hold() async throws {
      try await expectLaws(3, environment: [:])
    }

    @Test("All laws hold with SEPPO_CHECK=1, which encodes all items and results")
    func holdThroughTheWire() async throws {
      try await expectLaws(3, environment: ["SEPPO_CHECK": "1"])
    }

    @Test("All laws hold if calls are made in shared memory")
    func holdInSharedMemory() async throws {
      try await expectLaws(3, environment: ["SEPPO_SHARED": "always"])
    }

    @Test("All laws hold with messages split into pieces of 1 KiB")
    func holdInPieces() async throws {
      try await expectLaws(3, environment: ["SEPPO_SPLIT_BYTES": "1024"])
    }

    @Test("All laws hold with three compute threads per rank")
    func holdOnSeveralThreads() async throws {
      try await expectLaws(2, environment: ["SEPPO_THREADS": "3"])
    }

    @Test("Sequences and loops work at the top level of main.swift", arguments: [nil, 1, 2, 3] as [Int?])
    func topLevel(ranks: Int?) async throws {
      let job = try await Mpirun.run(ranks, "TopLevel")
      // Without a launcher, calls inside the loop are independent calls, and so is atRoot.
      let inside = ranks == nil ? 50 : 60
      #expect(job.status == 0, "\(job.report)")
      #expect(job.output == "1000 100 14950 501 1000 10 \(inside) 5050 50 [0, 1, 2]\n", "\(job.report)")
    }

    @Test(
      "An invalid SEPPO_THREADS is an error that names it", arguments: ["many", "0", "2.5", "-1"])
    func badThreads(_ text: String) async throws {
      let job = try await Mpirun.run(2, "Laws", ["a nested map"], environment: ["SEPPO_THREADS": text])
      #expect(job.status == 1, "\(job.report)")
      #expect(job.messages.count == 1 && job.messages.first?.contains("SEPPO_THREADS") == true, "\(job.report)")
    }

    @Test("Items have a deep stack under every stack limit", arguments: ["-s unlimited", "-s 8192", "-s 1024"])
    func deepStack(_ limit: String) async throws {
      let laws = Mpirun.products.appendingPathComponent("Laws").path
      let arguments = Mpirun.options(2) + [laws, "deep recursion"]
      let job = try await Mpirun.start(
        "/bin/bash", ["-c", "ulimit \(limit) && exec \"$@\"", "bash", Mpirun.launcher] + arguments, [:], 60, ranks: 2)
      #expect(job.status == 0, "\(job.report)")
      #expect(job.output == "1 laws held on 2 ranks\n")
    }

    @Test(
      "Laws hold if the ranks can't read each other's memory, and a line says so",
      .enabled("needs unshare and the right to make user namespaces") {
        try await Mpirun.start("/usr/bin/env", ["unshare", "-Ur", "true"], [:], 10).status == 0
      })
    func userNamespaces() async throws {
      let laws = Mpirun.products.appendingPathComponent("Laws").path
      let job = try await Mpirun.run(3, "/usr/bin/env", ["unshare", "-Ur", laws, "broadcast"], limit: 60)
      // UCX of MPICH also prints there.
      #expect(job.status == 0 && job.output.contains("3 laws held on 3 ranks\n"), "\(job.report)")
      #expect(job.errors.contains("the ranks are in user namespaces of their own"), "\(job.report)")
    }

    @Test(
      "Laws hold with a /dev/shm of a few megabytes, as in containers",
      .enabled("needs unshare and the right to mount in a mount namespace") {
        try await Mpirun.start(
          "/usr/bin/env", ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/dev/shm"], [:], 10
        ).status == 0
      })
    func smallSharedMemory() async throws {
      let script = "mount -t tmpfs -o size=8m tmpfs /dev/shm && exec \"$@\""
      let laws = Mpirun.products.appendingPathComponent("Laws").path
      for law in ["broadcast", "long arrays", "maps of 16 items"] {
        let job = try await Mpirun.start(
          "/usr/bin/env",
          ["unshare", "-rm", "sh", "-c", script, "sh", Mpirun.launcher] + Mpirun.options(3) + [laws, law], [:], 60,
          ranks: 3)
        #expect(job.status == 0 && job.output.hasSuffix(" laws held on 3 ranks\n"), "\(job.report)")
      }
    }

    /// 8,000 rounds in `.ci/soak`.
    @Test("A loop of maps of 16 items works, each with the previous results", arguments: [1, 3, 5])
    func loop(on ranks: Int) async throws {
      let isSoak = ProcessInfo.processInfo.environment["SEPPO_SOAK"] != nil
      let rounds = isSoak ? 8_000 : SPMDTests.isThorough ? 400 : 100
      let job = try await Mpirun.run(
        ranks, "Laws", ["maps of 16 items"], environment: ["LAWS_ROUNDS": "\(rounds)"], limit: 300, load: .computes)
      #expect(job.status == 0, "\(job.report)")
      #expect(job.output == "1 laws held on \(ranks) ranks\n")
    }

    @Test(
      "Deeply nested values are sent, and a reference cycle is an error",
      arguments: SPMDTests.thorough([1, 3], byHand: [3]))
    func deepValues(on ranks: Int) async throws {
      let job = try await Mpirun.run(ranks, "Laws", ["alone: deep"], load: .computes)
      #expect(job.status == 0, "\(job.report)")
      #expect(job.output == "2 laws held on \(ranks) ranks\n")
    }

    /// Reports every broken law: after one, a new job tests the laws that follow it.
    private func expectLaws(_ ranks: Int, environment: [String: String]) async throws {
      var (held, broken): (Int, [String]) = (0, [])
      while true {
        let behind = broken.last.map { ["--behind", $0] } ?? []
        let job = try await Mpirun.run(ranks, "Laws", behind, environment: environment, limit: 300, load: .computes)
        if job.status == 0 {
          #expect(job.output.hasSuffix(" laws held on \(ranks) ranks\n"), "\(job.report)")
          #expect(job.messagesExceptLossWarnings.isEmpty, "\(job.report)")
          held += job.output.split(separator: " ").first.flatMap { Int($0) } ?? 0
          break
        }
        let name = try #require(job.errors.firstMatch(of: #/law '(.*?)': /#), "\(job.report)").1
        try #require(!broken.contains(String(name)), "\(job.report)")
        Issue.record("\(name): \(job.report)")
        broken.append(String(name))
      }
      #expect(broken.count > 0 || held >= 90, "only \(held) laws were tested")
    }
  }
}

extension SPMDTests {
  @Suite("Transport")
  struct TransportTests {
    @Test(
      "Messages arrive complete and in order, for any size and any split",
      arguments: SPMDTests.thorough([1, 2, 3, 8], byHand: [3]))
    func transport(on ranks: Int) async throws {
      let job = try await Mpirun.run(ranks, "Transport", limit: 300, load: .computes)
      #expect(job.status == 0, "\(job.report)")
      let wanted = Set((0..<ranks).map { "rank \($0) passed" })
      #expect(Set(job.output.split(separator: "\n").map(String.init)) == wanted, "\(job.report)")
    }

    @Test(
      "Messages arrive complete and in order over TCP, where a long one takes time",
      arguments: SPMDTests.thorough([2, 3], byHand: [3]))
    func transportOverTCP(on ranks: Int) async throws {
      let job = try await Mpirun.run(
        ranks, "Transport", environment: ["OMPI_MCA_btl": "tcp,self"], limit: 300, load: .computes)
      #expect(job.status == 0, "\(job.report)")
      let wanted = Set((0..<ranks).map { "rank \($0) passed" })
      #expect(Set(job.output.split(separator: "\n").map(String.init)) == wanted, "\(job.report)")
    }

    @Test(
      "Seppo uses an MPI that the program has initialized, and does not finalize it",
      arguments: SPMDTests.thorough([1, 3], byHand: [3]),
      ["single", "serialized"])
    func startedByOthers(on ranks: Int, level: String) async throws {
      let job = try await Mpirun.run(ranks, "StartedByOthers", [level])
      #expect(job.status == 0, "\(job.report)")
      #expect(job.output == "328350\nMPI is still running\n", "\(job.report)")
    }
  }
}

enum Machine {
  /// With `CI=true` assumed to be true, so that the tests fail instead of being skipped.
  static var isRoot: Bool { getuid() == 0 || ProcessInfo.processInfo.environment["CI"] == "true" }

  /// The number of cores, not of hardware threads.
  static var cores: Int {
    let siblings = (0..<ProcessInfo.processInfo.processorCount).map {
      FileManager.default.contents(atPath: "/sys/devices/system/cpu/cpu\($0)/topology/thread_siblings")
    }
    return Set(siblings).count
  }
}
