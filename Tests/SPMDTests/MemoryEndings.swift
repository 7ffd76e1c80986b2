import Foundation
import TestSupport
import Testing

extension SPMDTests {
  /// Runs on Linux only: macOS does not enforce RLIMIT_AS.
  static let shortages: [Ending] = isLinux ? tooLarge + caught + tooLargeForAnother : []

  #if os(Linux)
    private static let isLinux = true
  #else
    private static let isLinux = false
  #endif

  private static let all: [Int?] = thorough([nil, 1, 2, 3], byHand: [3])
  private static let limit = "are left of RLIMIT_AS (ulimit -v)"

  private static let tooLarge: [Ending] =
    all.flatMap { ranks in
      [
        Ending(
          name: "results too large at once", ranks: ranks,
          says: ["the results of all 100000000 items would need 762.9 MiB on rank 0 (", limit])
      ]
        + [
          "results that grow too large", "results that grow too large on two threads",
          "results that grow too large at root", "results and errors that grow too large",
        ].map {
          Ending(
            name: $0, ranks: ranks,
            says: ["the results of all 400 items (", " have arrived) would need ", " GiB on rank 0 (", limit])
        }
    }
    + [nil, 3].map {
      Ending(
        name: "strings that grow too large", ranks: $0,
        says: ["the results of all 400000 items (", " have arrived) would need ", " GiB on rank 0 (", limit])
    }

  private static let caught: [Ending] =
    all.flatMap { ranks in
      let each = String(repeating: "caught\n", count: ranks ?? 1)
      return [
        Ending(
          name: "results and errors too large at root, caught", ranks: ranks, status: 0, messages: 0,
          output: each + "after run\n"),
        Ending(
          name: "results too large at once, caught", ranks: ranks, status: 0, messages: 0,
          output: each + "499500\nafter run\n"),
        Ending(
          name: "results too large in an item, caught", ranks: ranks, status: 0, messages: 0,
          output: "[true]\nafter run\n"),
        Ending(name: "results that fit", ranks: ranks, status: 0, messages: 0, output: "160\nafter run\n"),
      ]
    } + [
      // Only a single rank can continue: with more ranks, messages of the failed map would still arrive.
      Ending(
        name: "results that grow too large, caught", ranks: nil, status: 0, messages: 0,
        output: "caught\nand continued\nafter run\n")
    ]

  private static let tooLargeForAnother: [Ending] = thorough([2, 3], byHand: [3]).flatMap { ranks in
    [
      Ending(
        name: "message too large for root", ranks: ranks,
        says: ["a message from rank ", " would need 600.0 MiB on rank 0 (", limit]),
      Ending(
        name: "item too large for another rank", ranks: ranks,
        says: ["a message from rank 0 would need 600.0 MiB on rank ", limit]),
      Ending(
        name: "results too large for another rank", ranks: ranks,
        says: ["the results of the map would need 610.4 MiB on rank ", limit]),
      Ending(
        name: "arrays too large for another rank", ranks: ranks, says: ["the results of the map would need ", limit]),
      Ending(name: "arrays that fit another rank", ranks: ranks, status: 0, messages: 0, output: "after run\n"),
      Ending(
        name: "value too large for another rank", ranks: ranks,
        says: ["the broadcast value would need 600.0 MiB on rank ", limit]),
    ]
  }
}

extension SPMDTests {
  /// Creating a control group needs privileges, and would move the processes out of the user's group. These tests
  /// therefore mount a folder with made-up files over /sys/fs/cgroup, in a mount namespace of the job.
  @Suite("The memory limit of a cgroup")
  struct ControlGroupTests {
    @Test(
      "Results that exceed the memory of all ranks of a host are an error",
      .enabled("needs unshare and the right to mount in a mount namespace") { try await Folder().canBeMounted() },
      arguments: [
        ("results for all", "the results of all 30000000 items would need 686.6 MiB"),
        ("arrays for all", "the results of all 40 items"),
        ("value for all", "the broadcast value would need 560"),
      ])
    func sharedLimit(_ name: String, _ sentence: String) async throws {
      let folder = try Folder()
      let job = try await folder.run(3, name)
      #expect(job.status == 1, "\(job.report)")
      #expect(job.messages.count == 1, "\(job.report)")
      for part in [sentence, " on rank 0 (", "and the", "rank", "are left of the cgroup's limit"] {
        #expect(job.messages.first?.contains(part) == true, "'\(part)' is missing: \(job.report)")
      }
      // The memory is sufficient for a single rank.
      let alone = try await folder.run(1, name)
      #expect(alone.status == 0 && alone.messages.isEmpty, "\(alone.report)")
    }

    @Test(
      "Results that the other ranks of a host have no memory for are an error on every rank",
      .enabled("needs unshare and the right to mount in a mount namespace") { try await Folder().canBeMounted() })
    func caught() async throws {
      let job = try await Folder().run(3, "arrays for all, caught")
      #expect(job.status == 0 && job.messages.isEmpty, "\(job.report)")
      #expect(job.output.split(separator: "\n").filter { $0 == "caught" }.count == 3, "\(job.report)")
    }

    /// The files of a control group with 500 MiB left, for cgroup versions 1 and 2.
    private final class Folder {
      private let url = FileManager.default.temporaryDirectory.appendingPathComponent("seppo-\(UUID().uuidString)")

      init() throws {
        let files = [
          ("memory.max", 600), ("memory.current", 200), ("memory.swap.max", 0), ("memory/memory.limit_in_bytes", 600),
          ("memory/memory.usage_in_bytes", 200), ("memory/memory.memsw.limit_in_bytes", 600),
          ("memory/memory.memsw.usage_in_bytes", 200),
        ].map { ($0, "\($1 << 20)\n") }
        let caches = ["memory.stat", "memory/memory.stat"].map { ($0, "inactive_file \(100 << 20)\n") }
        try FileManager.default.createDirectory(
          at: url.appendingPathComponent("memory"), withIntermediateDirectories: true)
        for (name, text) in files + caches {
          try text.write(to: url.appendingPathComponent(name), atomically: true, encoding: .utf8)
        }
      }

      deinit { try? FileManager.default.removeItem(at: url) }

      private var mount: [String] {
        ["-rm", "sh", "-c", "mount --bind \"$0\" /sys/fs/cgroup && exec \"$@\"", url.path]
      }

      func canBeMounted() async throws -> Bool {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/unshare") else { return false }
        return try await Mpirun.start("/usr/bin/unshare", mount + ["true"], [:], 10).status == 0
      }

      func run(_ ranks: Int, _ name: String) async throws -> JobResult {
        let endings = Mpirun.products.appendingPathComponent("Endings").path
        return try await Mpirun.start(
          "/usr/bin/unshare",
          mount + [Mpirun.launcher] + Mpirun.options(ranks) + [endings, name], [:], 60,
          ranks: ranks, load: .fillsMemory)
      }
    }
  }
}
