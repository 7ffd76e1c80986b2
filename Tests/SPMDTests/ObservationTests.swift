import Foundation
import TestSupport
import Testing

extension SPMDTests {
  @Suite("Progress, summaries, and the timeline of a job")
  struct ObservationTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("seppo-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    /// Runs `Observed`, and returns the records of the timeline's page too.
    private func run(
      _ ranks: Int?, _ arguments: [String], _ environment: [String: String] = [:]
    ) async throws -> (job: JobResult, records: [[Any]]) {
      let page = folder.appendingPathComponent("run.html")
      let environment = environment.merging(["SEPPO_TIMELINE": page.path]) { own, _ in own }
      let job = try await Mpirun.run(ranks, "Observed", arguments, environment: environment)
      defer { try? FileManager.default.removeItem(at: folder) }
      let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
      let data = text.split(separator: "id=\"data\">\n").last ?? ""
      let records = data.split(separator: "\n").map { line in
        (try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [Any]) ?? [String(line)]
      }
      return (job, records)
    }

    /// The number of items of each call, from the records of chunks.
    private func items(_ records: [[Any]]) -> [Int: Int] {
      records.reduce(into: [:]) { items, record in
        if let work = record as? [Int] { items[work[0], default: 0] += work[9] }
      }
    }

    @Test(
      "Every kind of call is in the timeline, with all its items, on any number of ranks", arguments: [nil, 1, 2, 3])
    func allKinds(ranks: Int?) async throws {
      let (job, records) = try await run(ranks, ["all", "40", "20000"], ["SEPPO_SUMMARY": "1"])
      #expect(job.status == 0, "\(job.report)")
      let count = ranks ?? 1
      // A failed item is tried twice, and one that fails only on rank 0 perhaps.
      let retried = items(records)[3] ?? 0
      #expect(count == 1 ? retried == 48 : (44...48).contains(retried), "\(job.report)")
      let others = items(records).filter { $0.key != 3 }
      #expect(others == [1: 40, 2: 40, 4: 20, 5: 40, 6: 40], "\(records)\(job.report)")
      #expect(records.last?.first as? String == "end")
      #expect(records.count { $0.first as? String == "call" } == 6)
      #expect(records.count { $0.first as? String == "called" } == 6)
      #expect(records.count { $0.first as? String == "mark" && $0[1] as? String == "failed" } == (count == 1 ? 8 : 4))
      for call in [
        "fits, mapParallel at", "unlucky, mapResults at", "stream, forEachResult at", "pool, withPool at",
        "sum, mapReduce at",
      ] {
        #expect(job.errors.ranges(of: "Seppo: call ").count >= 6 && job.errors.contains(call), "\(job.report)")
      }
      #expect(job.errors.contains("items      40 items, "), "\(job.report)")
      #expect(job.errors.contains("on \(count) rank"), "\(job.report)")
      // Each call with `progress:` has a last line.
      for label in [
        "fits: 40 items", "tail: 40 items", "unlucky: 40 items", "stream: 20 items", "pool: 40 items", "sum: 40 items",
      ] {
        #expect(job.errors.contains("Seppo: \(label) in "), "\(job.report)")
      }
    }

    @Test("Chunks of a thread never overlap, and lie within their call", arguments: ["1", "2"])
    func clocks(threads: String) async throws {
      let (job, records) = try await run(3, ["map", "200", "1000"], ["SEPPO_THREADS": threads])
      #expect(job.status == 0, "\(job.report)")
      let work = records.compactMap { $0 as? [Int] }
      let began = try #require(records.first { $0.first as? String == "call" }?[2] as? Int)
      let ended = try #require(records.first { $0.first as? String == "called" }?[2] as? Int)
      #expect(work.allSatisfy { $0[3] >= began && $0[4] <= ended }, "\(began) \(ended) \(work)")
      for (_, own) in Dictionary(grouping: work, by: { [$0[1], $0[2]] }) {
        let sorted = own.sorted { $0[3] < $1[3] }
        #expect(zip(sorted, sorted.dropFirst()).allSatisfy { $0[4] <= $1[3] }, "\(sorted)")
      }
      #expect(Set(work.map { $0[1] }) == [0, 1, 2])
      #expect(Set(work.map { $0[2] }).count == Int(threads))
    }

    @Test("Short calls in a loop, in shared memory too, are summed up", arguments: ["always", "never"])
    func loop(shared: String) async throws {
      let (job, records) = try await run(2, ["loop", "300"], ["SEPPO_SHARED": shared, "SEPPO_SUMMARY": "1"])
      #expect(job.status == 0, "\(job.report)")
      #expect(items(records).values.reduce(0, +) == 2_400, "\(job.report)")
      #expect(job.errors.contains("items      2,400 items in 300 calls, "), "\(job.report)")
      #expect(job.errors.ranges(of: "Seppo: mapParallel at ").count == 1, "\(job.report)")
    }

    @Test("A job whose rank is killed: the page has what was before, and the death")
    func death() async throws {
      let (job, records) = try await run(3, ["dies", "600", "5000"])
      #expect(job.status != 0, "\(job.report)")
      let done = items(records)[1] ?? 0
      #expect((1..<600).contains(done), "\(job.report)")
      let line = records.compactMap { $0.first as? String }.first { $0.hasPrefix("died ") }
      #expect(line?.contains(" killed (SIGKILL") == true, "\(records.suffix(3))")
    }

    @Test("An error ends the timeline")
    func error() async throws {
      let (job, records) = try await run(2, ["throws", "20", "20000"])
      #expect(job.status == 1)
      let end = try #require(records.last)
      #expect(end.first as? String == "end" && "\(end)".contains("item 10 threw on rank "), "\(end)")
      #expect(records.contains { $0.first as? String == "called" && "\($0)".contains("item 10 threw on rank ") })
      #expect(job.errors.contains("Seppo: fits: ended by an error after "), "\(job.report)")
    }

    @Test("Trace events are JSON")
    func trace() async throws {
      let file = folder.appendingPathComponent("run.json")
      let job = try await Mpirun.run(2, "Observed", ["map", "50", "500"], environment: ["SEPPO_TIMELINE": file.path])
      #expect(job.status == 0, "\(job.report)")
      defer { try? FileManager.default.removeItem(at: folder) }
      let events = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [[String: Any]])
      let items = events.compactMap { ($0["args"] as? [String: Any])?["items"] as? Int }
      #expect(items.reduce(0, +) == 50)
    }

    @Test("A bar is no wider than the terminal, on its last line, and leaves the terminal as it was")
    func bar() async throws {
      let job = try await Mpirun.run(
        2, "Observed", ["map", "60", "30000"],
        environment: ["SEPPO_PROGRESS": "bar", "SEPPO_TERMINAL": "60x20", "LC_ALL": "C.UTF-8"])
      #expect(job.status == 0, "\(job.report)")
      let drawn = job.errors.components(separatedBy: "\u{1B}[2K").dropFirst().map { $0.prefix { $0 != "\u{1B}" } }
      #expect(drawn.count > 2, "\(job.report)")
      #expect(drawn.dropLast().allSatisfy { $0.hasPrefix("fits  ") && (40...60).contains($0.count) }, "\(drawn)")
      #expect(drawn.last == "")
      #expect(job.errors.contains("\u{1B}[1;19r") && job.errors.contains("\u{1B}[20;1H"), "\(job.report)")
      let end = try #require(job.errors.range(of: "\u{1B}[r", options: .backwards))
      #expect(!job.errors[end.upperBound...].contains("\u{1B}[1;19r"))
      #expect(job.errors.contains("Seppo: fits: 60 items in "), "\(job.report)")
    }

    @Test("Without a terminal, a bar is lines")
    func barWithoutTerminal() async throws {
      let job = try await Mpirun.run(2, "Observed", ["map", "20", "20000"], environment: ["SEPPO_PROGRESS": "bar"])
      #expect(!job.errors.contains("\u{1B}"), "\(job.report)")
      #expect(job.errors.contains("Seppo: fits: 20 items in "), "\(job.report)")
    }

    @Test("Off is off")
    func off() async throws {
      let job = try await Mpirun.run(2, "Observed", ["all", "10", "100"], environment: ["SEPPO_PROGRESS": "off"])
      #expect(job.status == 0 && job.errors.isEmpty, "\(job.report)")
    }

    @Test(
      "A bad setting is an error before anything is computed",
      arguments: [
        ("SEPPO_PROGRESS", "loud", "use one of bar, log, off"),
        ("SEPPO_SUMMARY", "yes", "use 1 to print a summary of each call"),
        ("SEPPO_TERMINAL", "wide", "must be columns and rows, such as 100x30"),
        ("SEPPO_TIMELINE", "run.txt", "must end with .html, for a page to look at, or .json, for trace events"),
        ("SEPPO_TIMELINE", "/no/such/run.html", "No such file or directory"),
      ])
    func badSettings(name: String, value: String, text: String) async throws {
      let job = try await Mpirun.run(2, "Observed", ["map", "20", "1000"], environment: [name: value])
      #expect(job.status == 1 && job.errors.contains("Seppo: \(name)=\(value): \(text)"), "\(job.report)")
    }
  }
}
