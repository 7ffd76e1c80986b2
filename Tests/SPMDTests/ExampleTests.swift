import Foundation
import Testing

extension SPMDTests {
  @Suite("Examples", .serialized)
  struct ExampleTests {
    @Test("HelloWorld prints each line once, in order", arguments: SPMDTests.rankCounts)
    func helloWorld(on ranks: Int?) async throws {
      let job = try await Mpirun.run(ranks, "HelloWorld")
      #expect(job.status == 0, "\(job.report)")
      let lines = job.output.split(separator: "\n")
      #expect(lines.count == 5)
      let host = ProcessInfo.processInfo.hostName.split(separator: ".").first ?? ""
      for (number, line) in zip(1..., lines) {
        let pattern = try Regex(
          "hello world from \(host)[^,]*, process [0-9]+ \\(input=\(number)\\.000000, value\\*value=\(number * number)\\.000000\\)"
        )
        #expect(line.wholeMatch(of: pattern) != nil, "\(line)")
      }
    }

    @Test("Checksums prints what sha256sum prints", arguments: [nil, 1, 3] as [Int?])
    func checksums(on ranks: Int?) async throws {
      let folder = "/usr/share/doc"
      let wanted = try await Mpirun.start(
        "/bin/bash", ["-c", "find \(folder) -type f -print0 | sort -z | xargs -0 sha256sum"], [:], 120)
      let job = try await Mpirun.run(ranks, "Checksums", [folder])
      #expect(job.status == 0, "\(job.report.prefix(2_000))")
      #expect(job.output.count > 1_000)
      #expect(job.output == wanted.output)
    }

    @Test("Checksums goes on after what can't be read, and escapes odd names")
    func checksumsOfOddFiles() async throws {
      let folder = FileManager.default.temporaryDirectory.appendingPathComponent("seppo \(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: folder) }
      try FileManager.default.createDirectory(at: folder.appendingPathComponent("b"), withIntermediateDirectories: true)
      for name in ["a\nb", "back\\slash", "b/ü", "empty", "car\rriage", " space "] {
        try Data(name == "empty" ? "".utf8 : "content of \(name)".utf8).write(to: folder.appendingPathComponent(name))
      }
      try FileManager.default.createSymbolicLink(
        at: folder.appendingPathComponent("link"), withDestinationURL: folder.appendingPathComponent("empty"))
      let wanted = try await Mpirun.start(
        "/bin/bash", ["-c", "find '\(folder.path)' -type f -print0 | sort -z | xargs -0 sha256sum"], [:], 60)
      let job = try await Mpirun.run(3, "Checksums", [folder.path, folder.path + "/missing"])
      #expect(job.status == 1, "\(job.report)")
      #expect(job.output == wanted.output)
      #expect(job.errors.contains("Checksums: \(folder.path)/missing: No such file or directory\n"))
    }

    @Test(
      "Primes counts the primes below a number", arguments: [(0, 0), (2, 0), (3, 1), (100, 25), (1_000_000, 78_498)])
    func primes(below limit: Int, are count: Int) async throws {
      let job = try await Mpirun.run(2, "Primes", ["\(limit)"])
      #expect(job.status == 0, "\(job.report)")
      #expect(job.output == "\(count)\n")
    }

    @Test("A usage error is printed once, and the status is 64", arguments: [["x"], ["-1"], []])
    func usageError(_ arguments: [String]) async throws {
      let job = try await Mpirun.run(3, "Primes", arguments)
      #expect(job.status == 64, "\(job.report)")
      #expect(job.errors.lowercased().components(separatedBy: "usage: primes <limit>").count == 2, "\(job.report)")
      #expect(job.output.isEmpty)
    }

    @Test("--help is printed once, and the status is 0")
    func help() async throws {
      let job = try await Mpirun.run(3, "Checksums", ["--help"])
      #expect(job.status == 0, "\(job.report)")
      #expect(job.output.components(separatedBy: "USAGE: checksums").count == 2, "\(job.report)")
    }
  }
}
