import Testing

extension SPMDTests {
  /// In every test one rank dies in a different way: the job ends, and one line says which rank died, where, how, and
  /// what it was doing.
  @Suite("Deaths of ranks")
  struct DeathTests {
    @Test("A death in an item is reported", arguments: SPMDTests.deathsInItems)
    func diesInItem(_ ending: Ending) async throws { try await ending.check() }

    @Test("A death elsewhere or in unusual circumstances is reported", arguments: SPMDTests.deathsElsewhere)
    func dies(_ ending: Ending) async throws { try await ending.check() }

    @Test("A death in one of many short maps is reported", arguments: SPMDTests.deathsInLoops)
    func diesInLoop(_ ending: Ending) async throws { try await ending.check() }

    @Test("With many ranks, only the death of the first is reported, and the job ends within five seconds")
    func onlyTheFirst() async throws {
      var seconds: [Double] = []
      for victim in 0..<8 {
        let job = try await Ending(
          name: "kill in an item", victim: victim, ranks: 8, status: nil, says: ["rank \(victim) (", killed]
        ).check(.sleeps)
        seconds.append(job.seconds)
      }
      print("8 ranks, of which one is killed: seconds from the job's start to its end: \(seconds.sorted())")
      // On a busy machine some runs take longer, but not all of them.
      #expect(seconds.contains { $0 < 5 })
    }

    @Test(
      "Over TCP, where MPI detects a death itself, it is reported once too",
      arguments: SPMDTests.thorough([2, 3, 8], byHand: [3]))
    func onlyTheFirstOverTCP(on ranks: Int) async throws {
      try await Ending(
        name: "kill in an item", ranks: ranks, status: nil, says: ["rank \(ranks - 1) (", killed],
        environment: ["OMPI_MCA_btl": "tcp,self"]
      ).check()
    }

    @Test("Seppo leaves no open pipe and no child to the program")
    func leavesNothing() async throws {
      let job = try await Mpirun.run(2, "Endings", ["child and pipe"])
      #expect(job.status == 0 && job.messages.isEmpty, "\(job.report)")
      #expect(job.output == "no child, and the pipe ends\nno child, and the pipe ends\n", "\(job.report)")
    }
  }

  private static let killed =
    "killed (SIGKILL: by a user, by the batch system, or out of memory) or ended by _exit; it was in"
  private static let trap = "crashed by a trap, such as fatalError, an index out of range or an overflow (SIG"
  private static let item = [" in call 1, mapParallel at Endings/Endings.swift:", " s: computing item "]

  private static let ways = [
    ("exit in an item", "exit was called inside an item, in call"),
    ("exit 3 in an item", "exit was called inside an item, in call"),
    ("fatalError in an item", trap),
    ("index out of range in an item", trap),
    ("bad address in an item", "crashed by an invalid address or a stack overflow (SIGSEGV); it was in"),
    ("endless recursion in an item", "crashed by an invalid address or a stack overflow (SIGSEGV); it was in"),
    ("abort in an item", "ended by abort (SIGABRT); it was in"),
    ("kill in an item", killed),
    ("kill -HUP in an item", "ended by a signal (SIGHUP); it was in"),
  ]

  static let deathsInItems: [Ending] =
    ways.flatMap { name, how in
      // Without mpirun and with it; the death of rank 0 and of another rank.
      ((isThorough ? [(nil, 0), (1, 0), (2, 0), (3, 2)] : [(nil, 0), (3, 2)]) as [(Int?, Int)]).map { ranks, victim in
        Ending(
          name: name, victim: victim, ranks: ranks, status: nil, says: ["Seppo: rank \(victim) (", how] + item
        )
      }
    } + [
      // Not on one rank: there Open MPI 5's mpirun treats this as a normal end, and exits before the line arrives.
      Ending(name: "_exit 3 in an item", victim: 0, ranks: 2, status: 3, says: ["rank 0 (", killed] + item),
      Ending(name: "_exit 3 in an item", status: 3, says: ["rank 2 (", killed] + item),
      Ending(name: "_exit 3 in an item", ranks: nil, status: 3, says: ["rank 0 (", killed] + item),
      // Without mpirun, the exit status 0 is the program's own.
      Ending(name: "_exit in an item", status: nil, says: ["rank 2 (", killed] + item),
      Ending(name: "_exit in an item", ranks: nil, status: 0, says: ["rank 0 (", killed] + item),
    ]

  static let deathsInLoops: [Ending] = [
    ("kill in a loop", 2, killed), ("exit in a loop", 0, "exit was called inside an item, in call"),
    ("Seppo.exit in a loop", 0, "Seppo.exit(3) was called inside an item, in call"), ("fatalError in a loop", 0, trap),
    ("endless recursion in a loop", 1, "crashed by an invalid address or a stack overflow (SIGSEGV); it was in"),
  ].map { (name: String, victim: Int, how: String) in
    Ending(
      name: name, victim: victim, status: nil,
      says: ["Seppo: rank \(victim) (", how, "mapParallel at Endings/LoopEndings.swift:"])
  }

  static let deathsElsewhere = [
    Ending(name: "kill in atRoot", status: nil, says: ["rank 0 (", killed, " in call 2, atRoot at Endings"]),
    Ending(
      name: "kill in the program's own code", status: nil,
      says: ["rank 2 (", killed, " in the program's own code, after call 1"]),
    Ending(
      name: "kill before the first call", ranks: 2, status: nil,
      says: ["rank 1 (", killed, " in the program's own code, before its first call"]),
    Ending(
      name: "abort in one of three items", ranks: 2, status: nil,
      says: ["rank 1 (", "abort (SIGABRT)", ": computing item ", "; on other threads item ", " s), item "]),
    Ending(
      name: "kill where all ranks ignore SIGTERM", status: nil, says: ["rank 2 (", killed] + item),
    Ending(name: "a child that dies as a rank would", status: nil, says: ["rank 2 (", killed] + item),
    Ending(name: "kill with a child that survives", status: nil, says: ["rank 2 (", killed] + item),
    Ending(name: "kill after a child has exited", status: nil, says: ["rank 2 (", killed] + item),
    Ending(
      name: "fatalError in an iterator", ranks: 2, status: nil, says: ["rank 0 (", trap, " in call 1, mapParallel at"]),
    Ending(name: "fatalError in an iterator of its own", victim: 1, ranks: 2, status: nil, says: ["rank 1 (", trap]),
    Ending(name: "kill before run", status: nil, messages: 0),
    Ending(name: "kill after run", status: nil, messages: 0),
  ]
}
