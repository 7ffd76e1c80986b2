import Foundation
import Synchronization
import Testing

/// A folder for one test's checkpoint, and the log of the items that were computed.
final class CheckpointFolder {
  let path: String
  var file: String { "\(path)/results.sqlite" }
  private var log: String { "\(path)/log" }

  init() throws {
    path = NSTemporaryDirectory() + "seppo-checkpoint-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Runs the program, and says which items it computed.
  func run(
    _ ranks: Int?, _ name: String, _ number: Int = 0, environment: [String: String] = [:], limit: Double = 60
  ) async throws -> (job: Job, computed: [Int]) {
    try? FileManager.default.removeItem(atPath: log)
    let job = try await Mpirun.run(
      ranks, "Checkpoints", [name, file, log, "\(number)"], environment: environment, limit: limit)
    return (job, computed)
  }

  /// The same, and sends a signal when so many items are computed, and this one, if any, is begun.
  func run(
    _ ranks: Int, _ name: String, _ number: Int, signal: Int32, to target: String, after items: Int, item: Int? = nil,
    environment: [String: String] = [:]
  ) async throws -> (job: Job, computed: [Int]) {
    try? FileManager.default.removeItem(atPath: log)
    let (log, mark) = (log, path)
    let watch = Task {
      while !Task.isCancelled {
        let lines = FileManager.default.contents(atPath: log)?.split(separator: UInt8(ascii: "\n")) ?? []
        if lines.count >= items, item.map({ lines.contains(Data("\($0)".utf8)) }) ?? true { break }
        try await Task.sleep(for: .milliseconds(5))
      }
      if let process = CheckpointFolder.processes(mark, target).last { kill(process, signal) }
    }
    let job = try await Mpirun.run(
      ranks, "Checkpoints", [name, file, log, "\(number)"], environment: environment, limit: 60)
    watch.cancel()
    _ = try? await watch.value
    return (job, computed)
  }

  private var computed: [Int] {
    guard let text = FileManager.default.contents(atPath: log) else { return [] }
    return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { Int($0) }
  }

  /// Those with this file among their arguments whose name begins so, the youngest last.
  private static func processes(_ mark: String, _ name: String) -> [pid_t] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    // What Open MPI 5's mpirun becomes.
    let names = name == "mpirun" ? ["mpirun", "prterun"] : [name]
    return all.compactMap { pid_t($0) }.filter { process in
      let command = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
      let words = command.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      return words.contains { $0.hasPrefix(mark) }
        && names.contains { words.first?.split(separator: "/").last?.hasPrefix($0) == true }
    }.sorted()
  }
}

extension SPMDTests {
  @Suite("Checkpoints", .serialized)
  struct CheckpointTests {
    @Test(
      "What is stored isn't computed again, at any rank count, and the results are the same",
      arguments: [
        "doubles", "fits", "fits at root", "strings by chunks of 7", "sets", "two calls", "labels", "stride",
      ],
      [[:], ["SEPPO_CHECK": "1"]])
    func resumes(_ name: String, environment: [String: String]) async throws {
      let folder = try CheckpointFolder()
      let (first, computed) = try await folder.run(3, name, environment: environment)
      #expect(first.status == 0 && first.messages.isEmpty, "\(first.report)")
      if name != "stride" { #expect(!computed.isEmpty) }
      for ranks in [nil, 5] as [Int?] {
        let (next, again) = try await folder.run(ranks, name, environment: environment)
        #expect(next.status == 0 && next.output == first.output, "\(next.report)")
        #expect(again.isEmpty, "computed again: \(again)")
        #expect(next.messages.allSatisfy { $0.contains("which aren't computed again") }, "\(next.report)")
      }
      let fresh = try await CheckpointFolder().run(nil, name).job
      #expect(fresh.output == first.output, "\(fresh.report)")
    }

    @Test("No items at all", arguments: [nil, 2] as [Int?])
    func noItems(on ranks: Int?) async throws {
      let folder = try CheckpointFolder()
      for _ in 0..<2 {
        let job = try await folder.run(ranks, "no items").job
        #expect(job.status == 0 && job.output.hasPrefix("0 results") && job.messages.isEmpty, "\(job.report)")
      }
    }

    @Test("Items that failed aren't stored as done, the others are")
    func failures() async throws {
      let folder = try CheckpointFolder()
      var wanted = [(30, 70), (10, 20), (0, 10), (0, 0)][...]
      while let (failing, computed) = wanted.popFirst() {
        let (job, items) = try await folder.run(computed % 3 + 1, "failures", failing)
        #expect(job.status == 0 && job.output == "\(failing) failed\n", "\(job.report)")
        #expect(items.count == computed, "\(items)")
      }
    }

    @Test("What was computed before an error is kept, in the chunk of the item that failed, too", arguments: [1, 3])
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

    @Test("Two calls without labels and a loop with them have their places in one file; other work is refused")
    func belongs() async throws {
      let folder = try CheckpointFolder()
      for (name, number, status, says) in [
        ("count", 10, 0, ""), ("count", 12, 1, "10 items, here 12 items"), ("values", 5, 0, ""),
        ("values", 6, 1, "the same number of items with other values"), ("type", 0, 0, ""),
        ("other type", 0, 1, "there it is Int, here Double"), ("count", 10, 0, "10 of 10 items"),
      ] {
        let (job, computed) = try await folder.run(2, name, number)
        #expect(job.status == status, "\(name): \(job.report)")
        #expect(job.messages.count == (says.isEmpty ? 0 : 1), "\(job.report)")
        #expect(says.isEmpty || job.messages.first?.contains(says) == true, "\(job.report)")
        if status == 1 { #expect(computed.isEmpty) }
      }
    }

    @Test("A call that is made again after an error goes on from there")
    func again() async throws {
      let (job, computed) = try await CheckpointFolder().run(3, "again after an error")
      #expect(job.status == 0 && Set(computed).count == computed.count, "\(job.report)")
      let fresh = try await CheckpointFolder().run(nil, "again after an error").job
      #expect(job.output == fresh.output, "\(job.report)")
    }

    @Test("Items that changed are computed again, and only those, with resume: .perItem")
    func perItem() async throws {
      let folder = try CheckpointFolder()
      let first = try await folder.run(2, "values, item by item", 5).job
      let (next, computed) = try await folder.run(3, "values, item by item", 6)
      #expect(first.status == 0 && next.status == 0 && computed == [6], "\(next.report)")
      let fresh = try await CheckpointFolder().run(nil, "values, item by item", 6).job
      #expect(next.output == fresh.output)
    }

    @Test("An error of the checkpoint's is thrown on every rank, before anything is computed, and may be caught")
    func caught() async throws {
      let folder = try CheckpointFolder()
      try FileManager.default.createDirectory(atPath: folder.file, withIntermediateDirectories: true)
      let job = try await folder.run(3, "an error that is caught").job
      #expect(job.status == 0 && job.messages.isEmpty, "\(job.report)")
      for rank in 0..<3 {
        #expect(job.output.contains("rank \(rank): \(folder.file) is no checkpoint"), "\(job.report)")
      }
    }

    @Test("An error of another rank's, while rank 0 reads what is stored, ends the job as ever")
    func errorWhileRead() async throws {
      let folder = try CheckpointFolder()
      #expect(try await folder.run(2, "an error while it is read", 0).computed.count == 200)
      let job = try await folder.run(2, "an error while it is read", 1).job
      #expect(job.status == 1 && job.messages.count == 1, "\(job.report)")
      #expect(job.messages.first?.contains("trouble of the program's own") == true, "\(job.report)")
      let next = try await folder.run(2, "an error while it is read", 0)
      #expect(next.job.status == 0 && next.computed.isEmpty, "\(next.job.report)")
    }

    @Test(
      "Where only one rank is, a map with a checkpoint is an error that says so",
      arguments: ["in an item", "in atRoot"])
    func nested(_ name: String) async throws {
      let job = try await CheckpointFolder().run(2, name).job
      #expect(job.status == 1 && job.messages.count == 1, "\(job.report)")
      #expect(job.messages.first?.contains("with a checkpoint was called inside") == true, "\(job.report)")
    }

    @Test(
      "A disk that is full on the way costs no result, and is said once", .enabled(if: Machine.isRoot, "needs root"))
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
      #expect(job.messages.first?.contains("there is no room to write to") == true, "\(job.report)")
      #expect(job.messages.last?.contains("results could not be stored") == true, "\(job.report)")
    }
  }
}

extension SPMDTests {
  @Suite("Jobs that end before their work", .serialized)
  struct EarlyEndTests {
    @Test(
      "The whole job is killed: what was stored is kept, and isn't computed again", arguments: [1, 3, 8])
    func killed(on ranks: Int) async throws {
      let folder = try CheckpointFolder()
      let (first, before) = try await folder.run(
        ranks, "slow", 1_000, signal: SIGKILL, to: "mpirun", after: 600)
      #expect(first.status == 137, "\(first.report)")
      try await folder.finishes("slow", 1_000, 2, notMoreThan: 1_000, after: before)
    }

    @Test("A rank is killed: the job ends as before, and what was stored is kept", arguments: [2, 3, 8])
    func rankKilled(on ranks: Int) async throws {
      let folder = try CheckpointFolder()
      let (first, before) = try await folder.run(
        ranks, "slow", 1_000, signal: SIGKILL, to: "Checkpoints", after: 500)
      #expect(first.status == 137 && !first.isExpired, "\(first.report)")
      // Who died; and where rank 0 lived on, what is kept.
      #expect((1...2).contains(first.messages.count), "\(first.report)")
      try await folder.finishes("slow", 1_000, 2, notMoreThan: 1_000, after: before)
    }

    @Test(
      "A job that is asked to stop begins no item, stores those in hand, says how to go on, and ends with 75",
      arguments: [
        (SIGUSR1, "mpirun", 3), (SIGUSR2, "mpirun", 1), (SIGUSR1, "Checkpoints", 3), (SIGTERM, "Checkpoints", 3),
        (SIGTERM, "Checkpoints", 1),
      ])
    func asked(_ signal: Int32, to target: String, on ranks: Int) async throws {
      let folder = try CheckpointFolder()
      let (first, before) = try await folder.run(ranks, "slow", 600, signal: signal, to: target, after: 100)
      #expect(first.status == 75 && first.messages.count == 1, "\(first.report)")
      let says = "\(before.count) of 600 items; run the same again, on any number of ranks, to go on from there"
      #expect(first.messages.first?.contains(says) == true, "\(first.report)")
      try await folder.finishes("slow", 600, 2, exactly: 600 - before.count, after: before)
    }

    @Test("SIGTERM to mpirun, which gives the ranks a second: what came by then is stored")
    func terminated() async throws {
      let folder = try CheckpointFolder()
      let (first, before) = try await folder.run(3, "slow", 1_000, signal: SIGTERM, to: "mpirun", after: 100)
      #expect(first.status != 0 && !first.isExpired, "\(first.report)")
      try await folder.finishes("slow", 1_000, 2, notMoreThan: 950, after: before)
    }

    @Test("An item in hand has its grace, and no longer", arguments: [("30", 20), ("1", 300)])
    func grace(_ seconds: String, tenths: Int) async throws {
      let folder = try CheckpointFolder()
      let (job, _) = try await folder.run(
        3, "one long item", tenths, signal: SIGUSR1, to: "mpirun", after: 4, environment: ["SEPPO_GRACE_S": seconds])
      if seconds == "1" {
        #expect(job.status == 75, "\(job.report)")
        #expect(job.messages.first?.contains("some items in hand didn't finish within 1 s") == true, "\(job.report)")
        #expect(job.seconds < 20, "\(job.report)")
      } else {
        #expect(job.status == 75 || job.status == 0, "\(job.report)")
      }
      let (next, _) = try await folder.run(2, "one long item", 0)
      #expect(next.status == 0 && next.output.hasPrefix("8 results"), "\(next.report)")
    }

    @Test("Without a checkpoint it is said what is lost, and how to keep it", arguments: [1, 3])
    func without(on ranks: Int) async throws {
      let job = try await CheckpointFolder().run(
        ranks, "slow, without", 2_000, signal: SIGUSR1, to: "mpirun", after: 50
      ).job
      #expect(job.status == 75 && job.messages.count == 1, "\(job.report)")
      #expect(job.messages.first?.contains("parallel(checkpoint: .sqlite(") == true, "\(job.report)")
    }

    @Test("The program's own code behind a map has the grace, too")
    func ownCode() async throws {
      let folder = try CheckpointFolder()
      let well = try await folder.run(
        2, "own code after a map", 20, signal: SIGUSR1, to: "mpirun", after: 10
      ).job
      #expect(well.status == 0 && well.messages.isEmpty, "\(well.report)")
      let cut = try await CheckpointFolder().run(
        2, "own code after a map", 300, signal: SIGUSR1, to: "mpirun", after: 10, environment: ["SEPPO_GRACE_S": "1"]
      ).job
      #expect(cut.status == 75 && cut.messages.last?.contains("in the program's own code") == true, "\(cut.report)")
    }

    @Test("No item is begun that can't be done before SEPPO_DEADLINE", arguments: [1, 3])
    func deadline(on ranks: Int) async throws {
      let folder = try CheckpointFolder()
      let end = "\(Int(Date().timeIntervalSince1970) + 6)"
      let (first, before) = try await folder.run(ranks, "slow", 8_000, environment: ["SEPPO_DEADLINE": end])
      #expect(first.status == 75 && first.messages.count == 1, "\(first.report)")
      #expect(first.messages.first?.contains("is the deadline") == true, "\(first.report)")
      let (next, again) = try await folder.run(3, "slow", 8_000, environment: ["SLURM_JOB_END_TIME": end])
      #expect(next.status == 75 && again.isEmpty && !before.isEmpty, "\(next.report)")
    }

    @Test("Items that were begun in time have until the deadline, whatever the grace is")
    func deadlineOfLongItems() async throws {
      let folder = try CheckpointFolder()
      let environment = ["SEPPO_DEADLINE": "\(Int(Date().timeIntervalSince1970) + 12)", "SEPPO_GRACE_S": "0"]
      let (job, computed) = try await folder.run(2, "long items", 20, environment: environment)
      #expect(job.status == 75, "\(job.report)")
      #expect(job.messages.last?.contains("has \(computed.count) of 12 items; run the same") == true, "\(job.report)")
    }

    @Test("A deadline of Slurm's that has passed is none of this job's")
    func staleDeadline() async throws {
      let job = try await CheckpointFolder().run(2, "doubles", environment: ["SLURM_JOB_END_TIME": "1000000000"]).job
      #expect(job.status == 0 && job.messages.isEmpty, "\(job.report)")
    }

    @Test("A SEPPO_DEADLINE or SEPPO_GRACE_S that can't be is an error that says what it is")
    func badSettings() async throws {
      for (name, value) in [
        ("SEPPO_DEADLINE", "tomorrow"), ("SEPPO_DEADLINE", "2026-13-01T00:00:00"), ("SEPPO_GRACE_S", "-1"),
      ] {
        let job = try await CheckpointFolder().run(2, "slow", 1, environment: [name: value]).job
        #expect(job.status == 1 && job.messages.count == 1, "\(job.report)")
        #expect(job.messages.first?.contains("\(name)=\(value): it is a ") == true, "\(job.report)")
      }
    }

    @Test("srun whose tasks don't find each other is found out")
    func srunWithoutPMIx() async throws {
      let environment = ["SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "0"]
      let job = try await CheckpointFolder().run(nil, "slow", 1, environment: environment).job
      #expect(job.status == 1 && job.messages.count == 1, "\(job.report)")
      #expect(job.messages.first?.contains("srun --mpi=pmix") == true, "\(job.report)")
    }
  }

  @Suite("Items that end their rank", .serialized)
  struct PoisonTests {
    @Test(
      "An item at which a rank died twice is not tried a third time, whichever way it dies",
      arguments: ["poison", "crash"], [1, 3, 8])
    func isNotTriedAgain(_ name: String, on ranks: Int) async throws {
      let folder = try CheckpointFolder()
      var deaths = 0
      var job = try await folder.run(ranks, name, 37).job
      while job.status >= 128, deaths < 5 {
        deaths += 1
        job = try await folder.run(ranks, name, 37).job
      }
      // Rank 0 can't say of its own death by SIGKILL what it died at: that takes one try more.
      #expect((2...3).contains(deaths), "\(deaths) deaths, then \(job.report)")
      #expect(job.status == 1, "\(job.report)")
      #expect(
        job.messages.last?.contains("item 37 is not tried again: 2 ranks died computing it") == true, "\(job.report)")
    }

    @Test("The rest goes on, where mapResults keeps failures", arguments: [1, 3])
    func theRest(on ranks: Int) async throws {
      let folder = try CheckpointFolder()
      var job = try await folder.run(ranks, "poison, and the others", 37).job
      for _ in 0..<4 where job.status >= 128 {
        job = try await folder.run(ranks, "poison, and the others", 37).job
      }
      #expect(job.status == 0, "\(job.report)")
      let lines = job.output.split(separator: "\n")
      #expect(lines.count == 2 && lines.first?.hasPrefix("37: item 37 is not tried again") == true, "\(job.report)")
      #expect(lines.last == "60 items", "\(job.report)")
    }

    @Test("Who ends a job of one rank from outside blames no item", arguments: [SIGINT, SIGHUP, SIGTERM])
    func fromOutside(_ signal: Int32) async throws {
      let folder = try CheckpointFolder()
      for _ in 0..<3 {
        let (job, computed) = try await folder.run(
          1, "one long item", 300, signal: signal, to: "Checkpoints", after: 1, item: 3,
          environment: ["SEPPO_GRACE_S": "0"])
        #expect(job.status != 0 && !job.isExpired && computed.contains(3), "\(job.report)")
      }
      let job = try await folder.run(1, "one long item", 0).job
      #expect(job.status == 0 && job.output.hasPrefix("8 results"), "\(job.report)")
    }

    @Test("One death may be enough, and still no other item is blamed")
    func firstDeath() async throws {
      let folder = try CheckpointFolder()
      var job = try await folder.run(3, "poison on the first death", 37).job
      for _ in 0..<3 where job.status >= 128 { job = try await folder.run(3, "poison on the first death", 37).job }
      #expect(job.status == 1, "\(job.report)")
      #expect(job.messages.last?.contains("item 37 is not tried again") == true, "\(job.report)")
    }
  }
}

extension CheckpointFolder {
  private static let whole = Mutex<[String: String]>([:])

  /// Runs the program until its end, and holds it against a run that wasn't interrupted.
  fileprivate func finishes(
    _ name: String, _ number: Int, _ ranks: Int, notMoreThan most: Int = .max, exactly: Int? = nil, after before: [Int]
  ) async throws {
    let (last, after) = try await run(ranks, name, number)
    #expect(last.status == 0, "\(last.report)")
    #expect(after.count < most, "\(after.count) items were computed again or for the first time")
    if let exactly { #expect(after.count == exactly && Set(before).isDisjoint(with: after)) }
    // What an uninterrupted run prints is the same each time.
    let key = "\(name), \(number)"
    if CheckpointFolder.whole.withLock({ $0[key] }) == nil {
      let output = try await CheckpointFolder().run(nil, name, number).job.output
      CheckpointFolder.whole.withLock { $0[key] = output }
    }
    #expect(last.output == CheckpointFolder.whole.withLock { $0[key] }, "\(last.report)")
  }
}
