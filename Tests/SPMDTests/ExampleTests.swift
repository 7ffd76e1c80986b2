import Foundation
import Testing

extension SPMDTests {
  @Suite("Examples")
  struct ExampleTests {
    @Test(
      "HelloWorld prints each line once, in order", arguments: SPMDTests.thorough([nil, 1, 2, 3, 5], byHand: [nil, 3]))
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

    @Test(
      "WordCount prints the same as wc for UTF-8 text",
      arguments: SPMDTests.thorough([nil, 1, 3], byHand: [3] as [Int?]))
    func wordCount(on ranks: Int?) async throws {
      let folder = Checkout.root.appendingPathComponent("Sources").path
      let file = Checkout.root.appendingPathComponent("README.md").path
      let wanted = try await Mpirun.start(
        "/bin/bash",
        ["-c", "{ find \"$0\" -type f -print0 | sort -z; printf '%s\\0' \"$1\"; } | xargs -0 wc", folder, file],
        ["LC_ALL": "C.UTF-8"], 120)
      let job = try await Mpirun.run(ranks, "WordCount", [folder, file])
      #expect(job.status == 0, "\(job.report.prefix(2_000))")
      #expect(job.output.split(separator: "\n").count > 100)
      #expect(job.output == wanted.output)
    }

    @Test("WordCount skips unreadable files, and handles odd names and invalid UTF-8 like wc")
    func wordCountOfOddFiles() async throws {
      let folder = FileManager.default.temporaryDirectory.appendingPathComponent("seppo \(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: folder) }
      try FileManager.default.createDirectory(at: folder.appendingPathComponent("b"), withIntermediateDirectories: true)
      // Spaces of several bytes, invalid and incomplete characters, and a file that is read in several pieces.
      let contents: [String: [UInt8]] = [
        "a\nb": Array("two\u{2003}words, one\u{A0}space\n".utf8), "back\\slash": [0xFF, 0x20, 0xE2, 0x82, 0x41, 0xC3],
        "b/ü": Array(String(repeating: "häß—lich \u{3000}", count: 30_001).utf8), "empty": [],
        " space ": [1, 2, 32, 3, 65],
      ]
      for (name, bytes) in contents { try Data(bytes).write(to: folder.appendingPathComponent(name)) }
      try FileManager.default.createSymbolicLink(
        at: folder.appendingPathComponent("link"), withDestinationURL: folder.appendingPathComponent("empty"))
      let wanted = try await Mpirun.start(
        "/bin/bash",
        [
          "-c", "{ find \"$0\" -type f -print0 | sort -z; printf '%s\\0' \"$1\"; } | xargs -0 wc", folder.path,
          folder.path + "/missing",
        ], ["LC_ALL": "C.UTF-8"], 60)
      let job = try await Mpirun.run(
        3, "WordCount", [folder.path, folder.path + "/missing"], environment: ["LC_ALL": "C.UTF-8"])
      #expect(job.status == 1, "\(job.report)")
      #expect(job.output == wanted.output)
      #expect(job.errors.contains("WordCount: \(folder.path)/missing: No such file or directory\n"))
    }

    @Test(
      "Primes prints the number of primes below a limit",
      arguments: [(0, 0), (2, 0), (3, 1), (100, 25), (1_000_000, 78_498)])
    func primes(below limit: Int, are count: Int) async throws {
      let job = try await Mpirun.run(2, "Primes", ["\(limit)"])
      #expect(job.status == 0, "\(job.report)")
      #expect(job.output == "\(count)\n")
    }

    @Test("MonteCarlo prints the same digits on any number of ranks", arguments: [nil, 1, 2, 3] as [Int?])
    func monteCarlo(on ranks: Int?) async throws {
      let job = try await Mpirun.run(ranks, "MonteCarlo", ["1000000", "--seed", "7"])
      #expect(job.status == 0, "\(job.report)")
      #expect(job.output == "3.141524 ± 0.0016422310913583385\n")
    }

    @Test(
      "Adaptive prints the same digits on any number of ranks, and they are right", arguments: [nil, 1, 3] as [Int?])
    func adaptive(on ranks: Int?) async throws {
      let job = try await Mpirun.run(ranks, "Adaptive", ["--tolerance", "1e-8"])
      #expect(job.status == 0, "\(job.report)")
      #expect(job.output == "9.313564656352877 ± 3.2106785371050515e-09, 5895 intervals\n")
      let words = job.output.split(separator: " ")
      try #require(words.count == 5)
      let integral = try #require(Double(words[0]))
      // The antiderivative of a peak is atan((x - centre) / width).
      let peaks = [(0.1, 1e-2), (0.37, 1e-4), (0.7234, 1e-6)]
      let wanted = peaks.reduce(0) { $0 + atan((1 - $1.0) / $1.1) - atan(-$1.0 / $1.1) }
      #expect(abs(integral - wanted) <= 1e-8)
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
      let job = try await Mpirun.run(3, "WordCount", ["--help"])
      #expect(job.status == 0, "\(job.report)")
      #expect(job.output.components(separatedBy: "USAGE: word-count").count == 2, "\(job.report)")
    }
  }
}
