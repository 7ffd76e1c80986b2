import Foundation
import TestSupport
import Testing

/// The expected end of a job.
struct Ending: Sendable, CustomTestStringConvertible {
  let name: String
  /// The rank that ends; by default the last.
  var victim: Int?
  var ranks: Int? = 3
  /// The exit status; nil for any but 0.
  var status: Int? = 1
  /// Parts of Seppo's messages.
  var says: [String] = []
  /// The number of lines that Seppo writes.
  var messages = 1
  var output = ""
  var environment: [String: String] = [:]

  var testDescription: String {
    "\(name)\(victim.map { " of rank \($0)" } ?? ""), \(ranks.map { "\($0) ranks" } ?? "without mpirun")"
  }

  @discardableResult
  func check(_ load: Load = .waits) async throws -> JobResult {
    let arguments = [name] + (victim.map { ["\($0)"] } ?? [])
    let job =
      if ranks == nil { try await Mpirun.runUntilOutputCloses("Endings", arguments, limit: 120, load) } else {
        try await Mpirun.run(ranks, "Endings", arguments, environment: environment, load: load)
      }
    #expect(!job.hasTimedOut, "\(job.report)")
    if Mpirun.isHydra, ranks != nil, let status, ![0, 75].contains(status) {
      // It combines the statuses of all ranks, also of those that it has killed, and has its own for _exit.
      #expect(job.status != 0, "\(job.report)")
    } else if let status {
      #expect(job.status == status, "\(job.report)")
    } else {
      #expect(job.status != 0, "\(job.report)")
    }
    #expect(job.messages.count == messages, "\(job.report)")
    for part in says {
      #expect(job.messages.contains { $0.contains(part) }, "«\(part)» is missing: \(job.report)")
    }
    if ranks ?? 1 == 1 {
      #expect(job.output == output, "\(job.report)")
    } else {
      // The launcher merges the output of several ranks in any order.
      #expect(lines(job.output) == lines(output), "\(job.report)")
    }
    return job
  }

  private func lines(_ text: String) -> [Substring] {
    text.split(separator: "\n", omittingEmptySubsequences: false).sorted()
  }
}

extension SPMDTests {
  static let endingsInLoops: [Ending] = [0, 2].flatMap { victim in
    [
      Ending(name: "throw in a loop", victim: victim, status: 0, messages: 0, output: "thrown\nright\nafter run\n"),
      Ending(
        name: "a child that exits in a loop", victim: victim, status: 0, messages: 0, output: "right\nafter run\n"),
      Ending(name: "a request to stop in a loop", victim: victim, status: 75, says: ["asked to stop (SIGUSR1)"]),
      Ending(
        name: "divergence in a loop", victim: max(1, victim), status: 1,
        says: ["the ranks have come to different calls", "Endings/LoopEndings.swift:"], output: "right\n"),
    ]
  }

  @Suite("Endings")
  struct EndingTests {
    @Test("If ranks make different calls, an error reports the position of each rank", arguments: divergences)
    func divergence(_ ending: Ending) async throws { try await ending.check() }

    @Test("One of many short maps ends as a long one does", arguments: SPMDTests.endingsInLoops)
    func loops(_ ending: Ending) async throws { try await ending.check() }

    @Test("An error thrown by the body is printed once and ends the job", arguments: errors)
    func error(_ ending: Ending) async throws { try await ending.check() }

    @Test("A lack of memory ends the job with an error of one sentence", arguments: shortages)
    func shortage(_ ending: Ending) async throws { try await ending.check(.fillsMemory) }

    @Test("An exit ends the job", arguments: exits)
    func exit(_ ending: Ending) async throws { try await ending.check() }

    @Test("A program without Seppo.run ends like one with it", arguments: programsWithoutRun)
    func withoutRun(_ ending: Ending) async throws { try await ending.check() }

    @Test("An error that leaves main is reported as an error of the program, after which it isn't relaunched")
    func reportOfUncaughtError() async throws {
      let file = FileManager.default.temporaryDirectory.appendingPathComponent("seppo-\(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: file) }
      let job = try await Mpirun.run(2, "Endings", ["error on one rank"], environment: ["SEPPO_REPORT": file.path])
      #expect(job.status == 1, "\(job.report)")
      #expect(try String(contentsOf: file, encoding: .utf8).contains("ended error\n"), "\(job.report)")
    }

    @Test("An error that leaves `main` ends the job, and its text is printed", arguments: uncaughtErrors)
    func uncaughtError(_ name: String, _ ranks: Int?) async throws {
      let job =
        if let ranks { try await Mpirun.run(ranks, "Endings", [name]) } else {
          try await Mpirun.runUntilOutputCloses("Endings", [name], limit: 120, .waits)
        }
      #expect(!job.hasTimedOut && job.status == 1, "\(job.report)")
      #expect(job.messages.isEmpty, "\(job.report)")
      #expect(job.errors.contains("Fatal error: Error raised at top level: "), "\(job.report)")
      #expect(job.errors.contains("trouble of the program's own"), "\(job.report)")
    }
  }

  static let divergences: [Ending] = [
    Ending(
      name: "map against atRoot",
      says: [
        "different calls", "rank 0 is at Endings/Endings.swift:", "(atRoot", "rank 2 is at",
        "(mapParallel of Int → Int",
      ]),
    Ending(name: "map against atRoot", ranks: 2, says: ["rank 0 is at", "rank 1 is at"]),
    Ending(name: "atRoot against map", says: ["rank 0 is at", "(mapParallel", "(atRoot"]),
    Ending(name: "atRoot against map", ranks: 8, says: ["rank 7 is at"]),
    Ending(name: "atRoot that prints against map", says: ["rank 0 is at", "(atRoot", "(mapParallel"]),
    Ending(
      name: "one rank a round ahead", says: ["mapParallel of Int → Int, call 1", "mapParallel of Int → Int, call 2"]),
    Ending(name: "one line against another", says: ["rank 2 is at"]),
    Ending(
      name: "one call against another on its line", says: ["rank 0 is at Endings/Endings.swift:", "rank 2 is at"]),
    Ending(name: "one type against another", says: ["of Int → Int", "of String → String"]),
    Ending(name: "three places", says: ["rank 1 is at Endings/Endings.swift:", "rank 2 is at Endings/Endings.swift:"]),
    Ending(
      name: "more rounds on one rank", says: ["the end of Seppo.run, call 3", "mapParallel of Int → Int, call 3"]),
    Ending(name: "fewer rounds at root", says: ["the end of Seppo.run, call 3"]),
    Ending(name: "early return", says: ["the end of Seppo.run"]),
    Ending(name: "early return", ranks: 2, says: ["the end of Seppo.run"]),
    Ending(name: "early return of root", says: ["the end of Seppo.run"]),
    Ending(name: "broadcast against end", says: ["broadcast of Int", "the end of Seppo.run"]),
    Ending(name: "divergence during long items", says: ["the end of Seppo.run"]),
    Ending(name: "divergence with a long message", says: ["rank 2 is at (its own code"]),
    Ending(name: "divergence that is caught", says: ["different calls"], output: "caught\n"),
    Ending(
      name: "divergence that every rank reports", ranks: 2, says: ["rank 1 (", "different calls"], output: "reported\n"),
    Ending(
      name: "exit of one rank before run",
      says: ["rank 1 is at (exit(5), call 1)", "mapParallel"]),
    Ending(
      name: "return of one rank before run", ranks: 2, says: ["rank 1 is at (the end of the program, call 1)"]),
    Ending(name: "early return without run", says: ["MPI can't start: 1 of the 3 ranks on this host ended"]),
    Ending(name: "Seppo.exit of one rank before run", says: ["Seppo.exit(5)", "mapParallel"]),
    Ending(name: "exit on one rank", says: ["Seppo.exit(7)", "mapParallel"]),
  ]

  static let errors: [Ending] =
    [1, 2, 3, 8].map {
      Ending(
        name: "throw everywhere", ranks: $0,
        says: ["rank 0 (", "Trouble: trouble of the program's own", "Endings.swift:"])
    } + [
      Ending(name: "throw everywhere", ranks: nil, says: ["Trouble"]),
      // The status is not 1 if MPI has no memory left for its own message.
      Ending(name: "too many threads", ranks: 1, status: nil, says: ["no compute thread could be started on rank 0"]),
      Ending(
        name: "too many threads, caught", ranks: 1, status: 0, messages: 0,
        output: "few threads\n[1, 2]\nafter run\n"),
      Ending(name: "throw on the last rank", says: ["rank 2 (", "Trouble"]),
      Ending(name: "throw on root", says: ["rank 0 (", "Trouble"]),
      Ending(name: "throw during long items", says: ["rank 2 (", "Trouble"]),
      Ending(name: "throw while root is in its own code", says: ["rank 1 (", "Trouble"]),
      Ending(name: "throw of root while others are in their own code", says: ["rank 0 ("]),
      Ending(
        name: "item throws", says: ["item 77 threw on rank", "Trouble: trouble", "Endings.swift:"],
        output: "before\nbefore\nbefore\n"),
      Ending(name: "item throws", ranks: nil, says: ["item 77 threw on rank 0"], output: "before\n"),
      Ending(name: "atRoot throws", says: ["the body of atRoot threw on rank 0"]),
      Ending(name: "run inside run", says: ["Seppo.run was called inside another Seppo.run"]),
      Ending(name: "run twice", says: ["called a second time"], output: "first\n"),
    ]

  static let uncaughtErrors: [(String, Int?)] = [
    ("error everywhere", 3), ("error everywhere", nil), ("error on one rank", 3), ("item throws, without run", 3),
    ("item throws, without run", nil),
  ]

  private static let afterEnd = """
    mapParallel was called after MPI had ended, at the end of Seppo.run or of the program; make all calls before that

    """

  static let programsWithoutRun: [Ending] = [
    Ending(name: "map without run", status: 0, messages: 0, output: String(repeating: "[1, 4, 9]\n", count: 3)),
    Ending(name: "map without run", ranks: nil, status: 0, messages: 0, output: "[1, 4, 9]\n"),
    Ending(name: "all verbs without run", status: 0, messages: 0, output: "[1, 2, 3] 6\n"),
    Ending(name: "all verbs without run", ranks: nil, status: 0, messages: 0, output: "[1, 2, 3] 6\n"),
    Ending(name: "exit 3 on one rank, at the end", status: 3, messages: 0),
    Ending(name: "exit 3 on one rank", ranks: nil, status: 3, messages: 0),
    Ending(name: "exit 3 everywhere", status: 3, messages: 0),
    Ending(name: "exit 3 everywhere", ranks: nil, status: 3, messages: 0),
    Ending(name: "exit 3 in an item, without run", says: ["exit was called inside an item, in call 1, mapParallel"]),
    Ending(name: "exit 3 in an item, without run", ranks: nil, says: ["exit was called inside an item"]),
    Ending(
      name: "Seppo.exit 3 in an item, without run", status: 3, says: ["Seppo.exit(3) was called inside an item"]),
    Ending(name: "Seppo.exit without run", status: 5, messages: 0),
    Ending(name: "Seppo.exit without run", ranks: nil, status: 5, messages: 0),
    Ending(name: "Seppo.exit at root without run", status: 5, messages: 0),
    Ending(name: "Seppo.exit at root without run", ranks: nil, status: 5, messages: 0),
    Ending(
      name: "exit on another thread, during a call", says: ["rank 0 (", "exit was called during a call, in call 1"]),
    Ending(
      name: "fork before the first call", ranks: 1, status: 0,
      says: ["MPI could not be started: this process was forked"], output: "[1, 2] the child failed\n"),
    Ending(
      name: "fork before the first call", ranks: nil, status: 0, messages: 0,
      output: "[1]\n[1, 2] the child succeeded\n"),
    Ending(
      name: "fork after the first call", ranks: 1, status: 0, messages: 0,
      output: """
        mapParallel was called in a process that a rank had forked, which isn't a rank itself; make the call in the rank's \
        own process

        """),
    Ending(
      name: "calls in atexit handlers", ranks: 1, status: 0, messages: 0,
      output: "before the end [1, 2]\nafter the end \(afterEnd)"),
    Ending(
      name: "calls in atexit handlers", ranks: nil, status: 0, messages: 0,
      output: "before the end [1, 2]\nafter the end [1, 2]\n"),
    Ending(name: "a call in a deinit after the end", ranks: 1, status: 0, messages: 0, output: afterEnd),
    Ending(name: "a call in a deinit after the end", ranks: nil, status: 0, messages: 0, output: "[1, 2]\n"),
    Ending(
      name: "error after a request to stop", ranks: 1, status: 75, says: ["asked to stop (SIGUSR1)"]),
    Ending(
      name: "error after a request to stop", ranks: nil, status: 75, says: ["asked to stop (SIGUSR1)"]),
    Ending(name: "run after a call", status: 0, messages: 0, output: "[1, 2] and run\n"),
    Ending(name: "run after a call", ranks: nil, status: 0, messages: 0, output: "[1, 2] and run\n"),
    Ending(name: "call after run", ranks: 1, status: 0, messages: 0, output: afterEnd),
    Ending(name: "call after run", ranks: nil, status: 0, messages: 0, output: "[1, 2]\n"),
  ]

  static let exits: [Ending] = [
    Ending(name: "well", status: 0, messages: 0, output: "well\nafter run\n"),
    Ending(name: "many threads, one item", status: 0, messages: 0, output: "few threads\nafter run\n"),
    Ending(name: "MPI of the program's own", ranks: 2, status: 0, messages: 0, output: "0\n0\n"),
    Ending(name: "MPI of the program's own, rank without run", ranks: 1, status: 0, messages: 0, output: "0, 0\n"),
    Ending(name: "MPI of the program's own, exit", status: 0, messages: 0),
    Ending(
      name: "MPI of the program's own, another thread", ranks: 1, status: 0, messages: 0, output: "refused\n0\n"),
    Ending(
      name: "launcher of another MPI", ranks: nil,
      says: ["the launcher started this process as rank 0 of 3, but its MPI library, ", ", finds no other rank"]),
    Ending(name: "split sizes that differ", status: 0, messages: 0),
    Ending(name: "rank before run", status: 0, messages: 0, output: "the same\n"),
    Ending(name: "rank without run", ranks: 1, status: 0, messages: 0, output: "rank 0 of 1\n"),
    Ending(name: "rank without run", ranks: nil, status: 0, messages: 0, output: "rank 0 of 1\n"),
    Ending(name: "run twice", ranks: nil, status: 0, messages: 0, output: "first\nsecond\n"),
    Ending(name: "runs on several threads", ranks: nil, status: 0, messages: 0, output: "all\n"),
    Ending(name: "exit after run", status: 5, messages: 0),
    Ending(name: "exit before run", status: 5, messages: 0),
    Ending(name: "exit", status: 7, messages: 0, output: "printed before the exit\n"),
    Ending(name: "exit", ranks: nil, status: 7, messages: 0, output: "printed before the exit\n"),
    Ending(name: "exit 0", status: 0, messages: 0),
    Ending(name: "exit at root", status: 64, messages: 0, output: "printed before the exit\n"),
    Ending(name: "requests to stop while the job ends", ranks: 1, says: ["trouble of the program's own"]),
    Ending(name: "children that exit in an item", status: 0, messages: 0, output: "after run\n"),
    Ending(name: "children that exit in an item", ranks: nil, status: 0, messages: 0, output: "after run\n"),
    .lossy(1), .lossy(3), .lossy(nil),
    Ending(
      name: "a child that returns from an item", status: 0,
      says: ["returned from f and is ended", "Endings/ProcessEndings.swift:"],
      output: "12\nafter run\n"),
    Ending(
      name: "a child that throws out of an item", status: 0,
      says: ["returned from f and is ended", "Endings/ProcessEndings.swift:"],
      output: "12\nafter run\n"),
    Ending(name: "a child that exits in atRoot", status: 0, messages: 0, output: "after run\n"),
    Ending(name: "Seppo.exit in an item", status: nil, says: ["inside an item"]),
    Ending(name: "Seppo.exit in an item", ranks: nil, says: ["inside an item"]),
    Ending(name: "run in an item", status: nil, says: ["Seppo.run was called inside an item"]),
    Ending(name: "Seppo.exit on a thread of an item", status: nil, says: ["Seppo.exit(0) was called inside an item ("]),
    Ending(name: "Seppo.exit 256 in an item", ranks: nil, status: nil, says: ["inside an item"]),
  ]
}

extension Ending {
  /// The loss of data is reported once per type, whichever rank finds it.
  fileprivate static func lossy(_ ranks: Int?) -> Ending {
    Ending(
      name: "items and results that lose something", ranks: ranks, status: 0,
      says: [
        "Lossy loses data when it is sent to another rank: lost is 7 before and 0 after. On several ranks f gets items without this data",
        "[item 1, mapped at Endings/Endings.swift:",
        "Array<Lossy> loses data when it is sent to another rank: [0].lost is 7 before and 0 after. On several ranks results arrive",
        "[result of item ",
      ], messages: 2, output: "after run\n")
  }
}

extension SPMDTests {
  @Suite("The time limit of tests")
  struct TimeLimitTests {
    @Test(
      "A job that exceeds its limit reports the position of each rank, with and without Swift's crash reports",
      arguments: ["enable=no", "enable=yes"])
    func reportsPositions(backtrace: String) async throws {
      let job = try await Mpirun.run(
        3, "Endings", ["wait for ever"], environment: ["SWIFT_BACKTRACE": backtrace], limit: 8, load: .sleeps)
      #expect(job.hasTimedOut)
      for rank in 0..<3 {
        let line = job.messages.first {
          $0.hasPrefix("Seppo: rank \(rank) is in call 1, mapParallel at Endings/UnresponsiveEndings.swift:")
        }
        #expect(line != nil, "rank \(rank) reported nothing: \(job.report)")
      }
      // The time since the call began. The job's start is not included, and tenths of a second are cut off.
      let waiting = job.messages.compactMap {
        $0.firstMatch(of: /mapParallel at [^ ]*, for ([0-9]+\.[0-9]) s: computing item 1 \(for ([0-9]+\.[0-9]) s\)/)
      }
      #expect(waiting.count == 1, "\(job.report)")
      for match in waiting {
        for time in [match.1, match.2] { #expect((1...job.seconds).contains(Double(time) ?? 0), "\(job.report)") }
      }
    }

    @Test("The item of each compute thread is reported")
    func reportsEveryThread() async throws {
      let job = try await Mpirun.run(2, "Endings", ["wait for ever in every item"], limit: 8, load: .sleeps)
      #expect(job.hasTimedOut)
      let two = try Regex(": computing item [0-3] \\(for [0-9.]+ s\\), item [0-3] \\(for [0-9.]+ s\\)")
      #expect(job.messages.filter { $0.firstMatch(of: two) != nil }.count == 2, "\(job.report)")
    }
  }
}
