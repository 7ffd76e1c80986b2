import Testing

@testable import SeppoLaunch

@Suite("Restarts")
struct SupervisorTests {
  private static let report = "began\ncheckpoint fits.sqlite\nkept 8\nitems 1000\nkept 812\n"
  private static let stored = "fits.sqlite has 812 of 1000 items, 188 remain"

  private func supervisor(restarts: Int = 5, mpi: MPILauncher = .openMPI(major: 4), _ words: String...) throws -> (
    Supervisor, LaunchPlan
  ) {
    let options = try OptionParser.parse(words + ["P"])
    let machine = LaunchMachine(
      cores: Cores(threads: 4, physical: 4), mpi: mpi, isRoot: false, batch: nil, variables: [:], terminal: nil)
    let plan = try LaunchPlan(options, on: machine) { $0 == "hosts" ? "a slots=4\nb  max_slots=9 slots = 2\n" : nil }
    return (Supervisor(plan, with: mpi, restarts: restarts, folder: "/tmp/x"), plan)
  }

  private func end(_ status: Int, _ report: String = SupervisorTests.report, hung: Bool = false, seconds: Double = 9)
    -> LaunchEnd
  {
    LaunchEnd(status: status, report: JobReport(report), hasHung: hung, seconds: seconds)
  }

  @Test(
    "After a death, a stop or a hang the job is launched again, and one line says why and what is stored",
    arguments: [
      (137, false, "a rank was killed (SIGKILL)"), (143, false, "a rank was killed (SIGTERM)"),
      (139, false, "a rank crashed (SIGSEGV)"), (134, false, "a rank crashed (SIGABRT)"),
      (132, false, "a rank crashed (SIGILL)"),
      (75, false, "the job was asked to stop (status 75)"), (1, false, "a rank or host was lost (status 1)"),
      (255, false, "a rank or host was lost (status 255)"), (137, true, "all ranks had ended, but mpirun hung"),
    ])
  func causes(_ status: Int, _ hung: Bool, _ cause: String) throws {
    var (supervisor, plan) = try supervisor("-n", "2")
    #expect(supervisor.decide(after: end(status, hung: hung)) == .ask(pause: 0))
    #expect(
      supervisor.relaunch(lost: [])
        == .launch(plan.relaunch(1), message: "relaunch 1 of 5: \(cause); \(SupervisorTests.stored)"))
    #expect(plan.relaunch(1).passed == ["SEPPO_RELAUNCH=1"] && plan.relaunch(1).ranks == 2)
    #expect(plan.relaunch(1).relaunch(2).passed == ["SEPPO_RELAUNCH=2"])
  }

  @Test("A job that dies at once is not launched again at once")
  func pause() throws {
    var (supervisor, _) = try supervisor()
    #expect(supervisor.decide(after: end(137, seconds: 0.3)) == .ask(pause: 1))
  }

  @Test(
    "A program that ends by itself is not launched again",
    arguments: [
      (0, "began\n"), (0, ""), (7, ""), (1, "began\nended error\n"), (75, "began\nended well\n"),
      (137, "began\nended whatever\n"),
      (200, "began\nended error\n"),
    ])
  func byItself(_ status: Int, _ report: String) throws {
    var (supervisor, _) = try supervisor()
    #expect(supervisor.decide(after: end(status, report)) == .end(status: status, message: nil))
  }

  @Test("After the deadline, the last relaunch, or before Seppo has begun")
  func others() throws {
    var (first, _) = try supervisor()
    #expect(
      first.decide(after: end(75, SupervisorTests.report + "ended deadline\n"))
        == .end(
          status: 75,
          message: "no relaunch: the deadline has passed; \(SupervisorTests.stored): submit the job again to resume"))
    var (second, _) = try supervisor(restarts: 1)
    #expect(second.decide(after: end(137, "began\n")) == .ask(pause: 0))
    _ = second.relaunch(lost: [])
    #expect(
      second.decide(after: end(137, "began\n"))
        == .end(
          status: 137,
          message: """
            all 1 relaunches are used up: a rank was killed (SIGKILL); the program has no checkpoint yet and starts from the \
            beginning: find the cause, then run the same command to resume
            """))
    var (third, _) = try supervisor()
    #expect(third.decide(after: end(137, "")) == .ask(pause: 0))
    guard case .launch(_, let message) = third.relaunch(lost: []) else { return #expect(Bool(false)) }
    #expect(message.hasSuffix("a rank was killed (SIGKILL); the number of stored results is not known here"))
    #expect(JobReport("began\ncheckpoint a b.sqlite\n").stored == "a b.sqlite has the results that were stored")
  }

  @Test("A signal reaches mpirun, once if it is a request to stop, and ends the launches")
  func signals() throws {
    for (signal, forwarded) in [("TERM", "USR1"), ("USR1", "USR1"), ("USR2", "USR2"), ("INT", "INT"), ("HUP", "HUP")] {
      var (supervisor, _) = try supervisor()
      #expect(supervisor.receive(signal: signal) == forwarded)
      #expect(supervisor.receive(signal: "TERM") == nil && supervisor.receive(signal: "INT") == "INT")
      #expect(supervisor.decide(after: end(137)) == .end(status: 137, message: nil))
    }
    for (signal, forwarded) in [("TERM", "USR1"), ("USR1", "USR1"), ("USR2", "USR1"), ("HUP", "USR1"), ("INT", "INT")] {
      var (supervisor, _) = try supervisor(mpi: .hydra)
      #expect(supervisor.receive(signal: signal) == forwarded)
    }
    var (early, _) = try supervisor()
    _ = early.receive(signal: "TERM")
    #expect(early.decide(after: end(138, "")) == .end(status: 75, message: nil))
    var (between, _) = try supervisor()
    _ = between.decide(after: end(137))
    _ = between.receive(signal: "TERM")
    #expect(between.relaunch(lost: []) == .end(status: 137, message: nil))
    var (used, _) = try supervisor(restarts: 1)
    _ = used.decide(after: end(137))
    _ = used.relaunch(lost: [])
    _ = used.receive(signal: "TERM")
    #expect(used.decide(after: end(75)) == .end(status: 75, message: nil))
  }

  @Test("Hosts that don't answer are left out, with their ranks")
  func hosts() throws {
    var (supervisor, _) = try supervisor("--hosts", "a:4,b,b,c:3", "-n", "9")
    #expect(supervisor.hosts() == ["a", "b", "c"])
    _ = supervisor.decide(after: end(1))
    guard case .launch(let plan, let message) = supervisor.relaunch(lost: ["a", "b"]) else {
      return #expect(Bool(false))
    }
    #expect(plan.hosts.list?.text == "c:3" && plan.ranks == 3)
    #expect(message.hasSuffix("188 remain; without a b (no answer), so -n 3 instead of 9"))
    #expect(supervisor.hosts() == ["c"])
    _ = supervisor.decide(after: end(1))
    #expect(
      supervisor.relaunch(lost: ["c"])
        == .end(
          status: 1,
          message: """
            no relaunch: a rank or host was lost (status 1); \(SupervisorTests.stored); none of the hosts answers: c: run the same \
            command when they do
            """))
  }

  @Test("A host file is replaced by a copy without them")
  func hostFile() throws {
    var (supervisor, _) = try supervisor("--hostfile", "hosts", "-n", "6")
    _ = supervisor.decide(after: end(1))
    guard case .launch(let plan, _) = supervisor.relaunch(lost: ["a"]) else { return #expect(Bool(false)) }
    #expect(
      plan.ranks == 2 && plan.hosts == .file(HostList(file: "b  max_slots=9 slots = 2\n"), path: "/tmp/x/hosts.1"))
  }

  @Test("The nodes of a batch job are only named when one is lost")
  func allocation() throws {
    let job = SlurmJob { ["SLURM_JOB_ID": "7", "SLURM_NTASKS": "10", "SLURM_TASKS_PER_NODE": "4(x2),2"][$0] }!
    let names = ["n1", "n2", "n3"]
    #expect(job.hostList(names: names, ranks: 10) == "n1:4,n2:4,n3:2")
    let unreadable = SlurmJob { ["SLURM_JOB_ID": "7", "SLURM_NTASKS": "10", "SLURM_TASKS_PER_NODE": "what"][$0] }!
    #expect(unreadable.hostList(names: names, ranks: 10) == "n1:3,n2:3,n3:3")
    #expect(unreadable.hostList(names: names, ranks: 2) == "n1:1,n2:1,n3:1")
    let machine = LaunchMachine(
      cores: Cores(threads: 4, physical: 4), mpi: .openMPI(major: 4), isRoot: false, batch: .slurm(job), variables: [:],
      terminal: nil)
    let plan = try LaunchPlan(OptionParser.parse(["P"]), on: machine) { _ in nil }
    var supervisor = Supervisor(plan, with: machine.mpi, restarts: 5, folder: "/tmp/x")
    let allocated = HostList(list: job.hostList(names: names, ranks: plan.ranks))
    #expect(supervisor.hosts(allocated: allocated) == names)
    _ = supervisor.decide(after: end(1))
    guard case .launch(let same, _) = supervisor.relaunch(lost: [], allocated: allocated) else {
      return #expect(Bool(false))
    }
    #expect(same.hosts == .batch && same.ranks == 10)
    _ = supervisor.decide(after: end(1))
    guard case .launch(let less, _) = supervisor.relaunch(lost: ["n1"], allocated: allocated) else {
      return #expect(Bool(false))
    }
    #expect(less.hosts == .list(HostList(list: "n2:4,n3:2")) && less.ranks == 6)
  }

  @Test("mpirun hangs if all its processes have been dead for ten checks, and it isn't stopped itself")
  func hang() {
    func process(_ line: String) -> HangWatch.Process { HangWatch.Process(line: line)! }
    let dead = [process("  7 1 Ss+"), process(" 8 7 Z"), process("9 7 Zs"), process("5 1 S")]
    /// Returns the number of the first check that finds that it hangs, of a row of checks.
    func hangs(_ checks: [[HangWatch.Process]]) -> Int? {
      var watch = HangWatch()
      return checks.indices.first { watch.check(7, checks[$0]) }.map { $0 + 1 }
    }
    let nine = Array(repeating: dead, count: 9)
    #expect(hangs(nine) == nil && hangs(nine + [dead]) == 10)
    for living in [
      dead + [process("10 7 R")], [process("7 1 S")], [process("7 1 T"), process("8 7 Z")],
      [process("7 1 Z"), process("8 7 Z")],
    ] {
      #expect(hangs(Array(repeating: living, count: 20)) == nil)
      #expect(hangs(nine + [living] + nine) == nil)
    }
    #expect(HangWatch.Process(line: "PID PPID STAT") == nil)
  }
}
