import Foundation
import TestSupport
import Testing

extension SPMDTests {
  @Suite("Checkpoints")
  struct CheckpointTests {
    @Test(
      "Stored results aren't computed again on any number of ranks, and all results are the same",
      arguments: SPMDTests.thorough(
        [
          "doubles", "fits", "fits at root", "strings by chunks of 7", "sets", "two calls", "labels", "stride",
          "retries, timeout and threads", "the same line in a loop", "the same label in a loop", "filter", "mapReduce",
          "search", "stream",
        ], byHand: ["stream", "fits", "strings by chunks of 7", "two calls", "the same line in a loop", "search"]))
    func resumes(_ name: String) async throws { try await resumes(name, environment: [:]) }

    @Test(
      "Stored results aren't computed again with SEPPO_CHECK=1, which encodes all items",
      arguments: SPMDTests.thorough(["doubles", "fits", "fits at root", "two calls"], byHand: ["fits"]))
    func resumesThroughTheWire(_ name: String) async throws {
      try await resumes(name, environment: ["SEPPO_CHECK": "1"])
    }

    private func resumes(_ name: String, environment: [String: String]) async throws {
      let folder = try CheckpointFolder()
      let (first, computed) = try await folder.run(3, name, environment: environment)
      #expect(first.status == 0 && first.messages.isEmpty, "\(first.report)")
      if name != "stride" { #expect(!computed.isEmpty) }
      for ranks in SPMDTests.thorough([nil, 5], byHand: [5] as [Int?]) {
        let (next, again) = try await folder.run(ranks, name, environment: environment)
        #expect(next.status == 0 && next.output == first.output, "\(next.report)")
        #expect(again.isEmpty, "computed again: \(again)")
        #expect(next.messages.allSatisfy { $0.contains("which aren't computed again") }, "\(next.report)")
      }
      let fresh = try await CheckpointFolder().run(nil, name).job
      #expect(fresh.output == first.output, "\(fresh.report)")
    }

    @Test("If results are consumed as they come, those that are stored come first, and are not computed again")
    func storedFirst() async throws {
      let folder = try CheckpointFolder()
      func run(_ number: Int) async throws -> (consumed: [Int], computed: Set<Int>) {
        let (job, computed) = try await folder.run(3, "stream that ends early", number)
        #expect(job.status == 0, "\(job.report)")
        return (
          job.output.split(separator: " ").compactMap { Int($0.trimmingCharacters(in: .newlines)) }, Set(computed)
        )
      }
      let first = try await run(100)
      #expect(first.consumed.count == 100 && first.computed.count < 300)
      let second = try await run(0)
      #expect(second.consumed.sorted() == Array(0..<500))
      let stored = Set(0..<500).subtracting(second.computed)
      #expect(stored.count >= 100 && stored.isSubset(of: first.computed))
      #expect(Set(second.consumed.prefix(stored.count)) == stored)
      let third = try await run(0)
      #expect(third.computed.isEmpty && third.consumed == Array(0..<500))
    }

    @Test("A map of no items can use a checkpoint", arguments: SPMDTests.thorough([nil, 2], byHand: [2] as [Int?]))
    func noItems(on ranks: Int?) async throws {
      let folder = try CheckpointFolder()
      for _ in 0..<2 {
        let job = try await folder.run(ranks, "no items").job
        #expect(job.status == 0 && job.output.hasPrefix("0 results") && job.messages.isEmpty, "\(job.report)")
      }
    }

    @Test("Failed items aren't stored, the others are")
    func failures() async throws {
      let folder = try CheckpointFolder()
      var wanted = [(30, 70), (10, 20), (0, 10), (0, 0)][...]
      while let (failing, computed) = wanted.popFirst() {
        let (job, items) = try await folder.run(computed % 3 + 1, "failures", failing)
        #expect(job.status == 0 && job.output == "\(failing) failed\n", "\(job.report)")
        #expect(items.count == computed, "\(items)")
      }
    }

    @Test(
      "Results computed before an error are stored, including those in the failed item's chunk",
      arguments: SPMDTests.thorough([1, 3], byHand: [3]))
    func firstFailure(on ranks: Int) async throws {
      let folder = try CheckpointFolder()
      let (job, before) = try await folder.run(ranks, "the last of a chunk fails", 1)
      #expect(job.status == 1 && job.messages.count == 1, "\(job.report)")
      #expect(job.messages.first?.contains("item 19 threw") == true, "\(job.report)")
      #expect(before.count >= 19)
      let (next, after) = try await folder.run(2, "the last of a chunk fails", 0)
      #expect(next.status == 0 && next.output.hasPrefix("60 results"), "\(next.report)")
      #expect(Set(before).isDisjoint(with: after), "computed again: \(Set(before).intersection(after))")
    }

    @Test("A search goes on below the element that an earlier job has found", arguments: [1, 3])
    func search(on ranks: Int) async throws {
      let folder = try CheckpointFolder()
      let (job, before) = try await folder.run(3, "search", 10)
      #expect(job.status == 1 && job.messages.first?.contains("item 10 threw") == true, "\(job.report)")
      let found = try #require(before.filter { $0 >= 150 }.min(), "\(before)")
      let (next, after) = try await folder.run(ranks, "search", 0)
      #expect(next.status == 0 && next.output.hasPrefix("1 results"), "\(next.report)")
      #expect(after.contains(10) && after.allSatisfy { $0 < found }, "found \(found), computed \(after)")
      #expect(Set(before).subtracting([10]).isDisjoint(with: after), "computed again: \(after)")
    }

    @Test("Several calls can share a file, and other work is rejected")
    func belongs() async throws {
      let folder = try CheckpointFolder()
      for (name, number, status, message) in [
        ("count", 10, 0, ""), ("count", 12, 1, "10 items, here 12 items"), ("values", 5, 0, ""),
        ("values", 6, 1, "the same number of items with different values"), ("type", 0, 0, ""),
        ("other type", 0, 1, "there it is Int, here Double"), ("count", 10, 0, "10 of 10 items"),
      ] {
        let (job, computed) = try await folder.run(2, name, number)
        #expect(job.status == status, "\(name): \(job.report)")
        #expect(job.messages.count == (message.isEmpty ? 0 : 1), "\(job.report)")
        #expect(message.isEmpty || job.messages.first?.contains(message) == true, "\(job.report)")
        if status == 1 { #expect(computed.isEmpty) }
      }
    }

    @Test(
      "A change of a type inside an array, a dictionary or an enum is rejected and named",
      arguments: [
        ("particles", "Particle { mass: Double, charge: Double, … }", "Particle { charge: Double, mass: Double, … }"),
        ("lines", "Line { …, width: Optional<Double> }", "Line { …, breadth: Optional<Double> }"),
        ("outcomes", "Outcome { found(peak: Optional<Double>), … }", "Outcome { found(top: Optional<Double>), … }"),
      ])
    func editedType(_ name: String, stored: String, now: String) async throws {
      let folder = try CheckpointFolder()
      let first = try await folder.run(2, name, 0).job
      #expect(first.status == 0 && first.messages.isEmpty, "\(first.report)")
      let edited = try await folder.run(2, name, 1).job
      #expect(edited.status == 1 && edited.messages.count == 1, "\(edited.report)")
      #expect(edited.messages.first?.contains("\(stored), here ") == true, "\(edited.report)")
      #expect(edited.messages.first?.contains("\(now). Results of a type that has changed") == true, "\(edited.report)")
      let again = try await folder.run(3, name, 0).job
      #expect(again.status == 0 && again.output == first.output && again.messages.count == 1, "\(again.report)")
    }

    @Test(
      "A round of a loop that fails with a caught error counts as a round, in this job and in later ones",
      arguments: ["an error in a loop", "an error in a loop with a label"])
    func errorInALoop(_ name: String) async throws {
      let folder = try CheckpointFolder()
      let first = try await folder.run(2, name, 1).job
      #expect(first.status == 0 && first.output == "round 2: right\nround 3: right\n", "\(first.report)")
      let (next, computed) = try await folder.run(3, name, 0)
      #expect(next.status == 0 && next.output == "round 1: right\n" + first.output, "\(next.report)")
      #expect(computed.contains(15) && Set(computed).count == computed.count && computed.count <= 5, "\(computed)")
    }

    @Test("A call with the label of a failed call is another call")
    func labelOfAFailedCall() async throws {
      let folder = try CheckpointFolder()
      let name = "another call of the label after an error"
      let first = try await folder.run(2, name, 90).job
      #expect(first.status == 0 && first.output == "round 2: right\n", "\(first.report)")
      let (next, computed) = try await folder.run(3, name, 100)
      #expect(next.status == 0 && next.output.hasSuffix("\nround 2: right\n"), "\(next.report)")
      #expect(
        Set(computed).isSuperset(of: 90..<100) && computed.count <= 100 && next.messages.count == 2, "\(computed)")
    }

    @Test("A round whose checkpoint can't be opened counts as a round")
    func checkpointErrorInALoop() async throws {
      let folder = try CheckpointFolder()
      let first = try await folder.run(2, "a checkpoint error in a loop").job
      #expect(first.status == 0 && first.output == "round 2: right\n", "\(first.report)")
      let next = try await folder.run(2, "a checkpoint error in a loop").job
      #expect(next.status == 0 && next.output == "round 1: right\nround 2: right\n", "\(next.report)")
    }

    @Test("Rounds are counted per file under all its names, in this job and in later ones")
    func severalNames() async throws {
      let folder = try CheckpointFolder()
      for _ in 0..<2 {
        let (job, computed) = try await folder.run(2, "one file by several names")
        #expect(job.status == 0 && job.output == (0..<5).map { "round \($0): right\n" }.joined(), "\(job.report)")
        #expect(computed.count == (job.messages.isEmpty ? 100 : 0), "\(job.report)")
      }
    }

    @Test("With resume: .perItem, only changed items are computed again")
    func perItem() async throws {
      let folder = try CheckpointFolder()
      let first = try await folder.run(2, "values, item by item", 5).job
      let (next, computed) = try await folder.run(3, "values, item by item", 6)
      #expect(first.status == 0 && next.status == 0 && computed == [6], "\(next.report)")
      let fresh = try await CheckpointFolder().run(nil, "values, item by item", 6).job
      #expect(next.output == fresh.output)
    }

    @Test("With resume: .perItem, the other items keep their results when an item is inserted or removed")
    func insertedInFront() async throws {
      let folder = try CheckpointFolder()
      let name = "an item inserted in front, item by item"
      for (number, items) in [(0, Array(0..<100)), (7, [7]), (8, [8])] {
        let (job, computed) = try await folder.run(2, name, number)
        #expect(job.status == 0 && computed.sorted() == items, "\(job.report)")
        let message = "keeps 1 result of items that aren't mapped any more"
        #expect(job.messages.contains { $0.contains(message) } == (number == 8), "\(job.report)")
        let fresh = try await CheckpointFolder().run(nil, name, number).job
        #expect(job.output == fresh.output, "\(job.report)")
      }
    }

    @Test("A file that is truncated while a map runs is reported")
    func truncated() async throws {
      let job = try await CheckpointFolder().run(2, "the file is truncated").job
      #expect(job.status == 0 && job.messages.count == 2, "\(job.report)")
      #expect(
        job.messages.first?.contains("it was truncated or overwritten by another program") == true, "\(job.report)")
      #expect(job.messages.last?.contains("100 results could not be stored") == true, "\(job.report)")
    }

    @Test("A result that is too long for the file isn't stored, and only it is computed again by the next job")
    func tooLong() async throws {
      let folder = try CheckpointFolder()
      for items in [Array(0..<5), [3]] {
        let (job, computed) = try await folder.run(1, "a result that is too long", load: .computes)
        #expect(job.status == 0 && job.output == "[0, 1, 2, 1000000001, 4]\n", "\(job.report)")
        #expect(job.messages.last?.contains("the result of item 3 has ") == true, "\(job.report)")
        #expect(computed == items)
      }
    }

    @Test("A checkpoint error is thrown on every rank before anything is computed, and can be caught")
    func caught() async throws {
      let folder = try CheckpointFolder()
      try FileManager.default.createDirectory(atPath: folder.file, withIntermediateDirectories: true)
      let job = try await folder.run(3, "an error that is caught").job
      #expect(job.status == 0 && job.messages.isEmpty, "\(job.report)")
      for rank in 0..<3 {
        #expect(job.output.contains("rank \(rank): \(folder.file) is not a checkpoint"), "\(job.report)")
      }
    }

    @Test("An error on another rank while rank 0 restores results ends the job")
    func errorDuringRestore() async throws {
      let folder = try CheckpointFolder()
      #expect(try await folder.run(2, "an error during restore", 0).computed.count == 200)
      let job = try await folder.run(2, "an error during restore", 1).job
      #expect(job.status == 1 && job.messages.count == 1, "\(job.report)")
      #expect(job.messages.first?.contains("an error of the program") == true, "\(job.report)")
      let next = try await folder.run(2, "an error during restore", 0)
      #expect(next.job.status == 0 && next.computed.isEmpty, "\(next.job.report)")
    }

    @Test(
      "A map with a checkpoint inside an item or atRoot is an error",
      arguments: ["in an item", "in atRoot"])
    func nested(_ name: String) async throws {
      let job = try await CheckpointFolder().run(2, name).job
      #expect(job.status == 1 && job.messages.count == 1, "\(job.report)")
      #expect(job.messages.first?.contains("with a checkpoint was called inside") == true, "\(job.report)")
    }

    @Test("A disk that fills up loses no results and is reported once", .enabled(if: Machine.isRoot, "needs root"))
    func fullDisk() async throws {
      let folder = try CheckpointFolder()
      let disk = "\(folder.path)/disk"
      try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
      _ = try await Mpirun.start("/bin/mount", ["-t", "tmpfs", "-o", "size=100k", "tmpfs", disk], [:], 10)
      let file = "\(disk)/results.sqlite"
      let job = try await Mpirun.run(2, "Checkpoints", ["doubles", file, "\(folder.path)/log"])
      _ = try await Mpirun.start("/bin/umount", [disk], [:], 10)
      let fresh = try await folder.run(nil, "doubles").job
      #expect(job.status == 0 && job.output == fresh.output, "\(job.report)")
      #expect(job.messages.count == 2, "\(job.report)")
      #expect(job.messages.first?.contains("no space is left to write to") == true, "\(job.report)")
      #expect(job.messages.last?.contains("results could not be stored") == true, "\(job.report)")
    }
  }
}
