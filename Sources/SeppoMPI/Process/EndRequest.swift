import SeppoTransport
import Synchronization

/// Somebody wants this process to end: a batch system ahead of its limit, or a person. Until then SIGTERM, SIGUSR1 and
/// SIGUSR2 would have ended it at once.
///
/// From the first request to the process's end, further ones change nothing.
///
/// In a map, rank 0 ends the job in order, see `RootMap`. Where nobody looks (in the program's own code, in an item that
/// the calling thread computes) a thread of this type's own ends the process when the time is over.
enum EndRequest {
  /// EX_TEMPFAIL: it was not the program's fault, and it is worth running again.
  static let status: Int32 = 75

  private static let signals = [SIGTERM, SIGUSR1, SIGUSR2]
  private static let signal = Atomic<Int32>(0)
  /// When it came, in nanoseconds.
  private static let came = Atomic<Int>(0)
  /// Whether a thread in a call has seen it, and sees to the end.
  private static let isFollowed = Atomic<Bool>(false)
  /// Whether there is something that is worth waiting for.
  private static let keeps = Atomic<Bool>(false)
  /// Since when nothing is waited for any more, in nanoseconds; 0 where something is.
  private static let due = Atomic<Int>(0)
  /// What was thrown since, and may be this request's doing.
  private static let thrown = Mutex<String?>(nil)
  /// Whether the process isn't a rank any more, or is being ended already.
  private static let isOff = Atomic<Bool>(false)
  /// When the launcher sent SIGCONT, in nanoseconds; 0 where it didn't. That is how Open MPI begins to end ranks, a second or
  /// a quarter of one before SIGTERM.
  private static let stirred = Atomic<Int>(0)
  /// Whether the job is being ended, whyever.
  private static let isEnding = Atomic<Bool>(false)
  /// Since when the process is leaving, in nanoseconds.
  private static let leaving = Atomic<Int>(0)
  private static let pipeEnd = Atomic<Int32>(-1)
  private static let process = Atomic<pid_t>(0)

  /// The signal, if one has come.
  static var current: Int32? {
    let signal = signal.load(ordering: .relaxed)
    return signal == 0 ? nil : signal
  }

  static var since: Int { came.load(ordering: .relaxed) }

  static var launcherStirred: Int { stirred.load(ordering: .relaxed) }

  /// It came to nothing.
  static func settleStir(_ time: Int) { _ = stirred.compareExchange(expected: time, desired: 0, ordering: .relaxed) }

  /// Another rank was asked, and ends the job for it: what comes here is no first request any more.
  static func adopt(_ number: Int32) { _ = signal.compareExchange(expected: 0, desired: number, ordering: .relaxed) }

  /// Whether this process was asked to stop by now: then an item that has just thrown may have done so because of that, as
  /// launchers signal process groups, and with the rank the programs that its items run.
  static func mayHaveMadeItemThrow() -> Bool {
    if current != nil { return true }
    // A signal that waits for another thread to take it is taken by this one, as its mask changes.
    var some = sigset_t()
    var before = sigset_t()
    sigemptyset(&some)
    sigaddset(&some, SIGURG)
    pthread_sigmask(SIG_BLOCK, &some, &before)
    pthread_sigmask(SIG_SETMASK, &before, nil)
    // A batch system comes to the processes of a job one by one, and an item's program may be the first.
    guard current == nil, anotherProgramHasEnded() else { return current != nil }
    let end = monotonicNanoseconds() + 50_000_000
    while current == nil, monotonicNanoseconds() < end { rest(.sleep(nanoseconds: 2_000_000)) }
    return current != nil
  }

  /// What the programs that have ended had used, as a number that grows with each.
  private static let used = Atomic<Int>(0)

  private static func anotherProgramHasEnded() -> Bool {
    var usage = rusage()
    #if canImport(Glibc)
      let children = __rusage_who_t(RUSAGE_CHILDREN.rawValue)
    #else
      let children = RUSAGE_CHILDREN
    #endif
    guard getrusage(children, &usage) == 0 else { return false }
    return used.exchange(usage.ru_minflt, ordering: .relaxed) != usage.ru_minflt
  }

  /// Ends the process now, for a thread that can't go on.
  ///
  /// - Parameter error: what it met, if the request is not known to be why.
  static func endNow(after error: (any Error)? = nil) -> Never {
    if let error { thrown.withLock { $0 = $0 ?? error.text } }
    _ = due.compareExchange(expected: 0, desired: monotonicNanoseconds(), ordering: .relaxed)
    while true { rest(.sleep(nanoseconds: 1_000_000_000)) }
  }

  /// From now on a thread that makes a call sees to the end.
  static func follow() { isFollowed.store(true, ordering: .relaxed) }

  /// The same, where there is something that is worth waiting for.
  static func followIfKept() { if keeps.load(ordering: .relaxed) { follow() } }

  /// The process is leaving with `status`, and would wait in MPI for a rank that has stopped.
  static func leave() {
    leaving.store(monotonicNanoseconds(), ordering: .relaxed)
    var byte: UInt8 = 0
    let end = pipeEnd.load(ordering: .relaxed)
    if end >= 0 { _ = write(end, &byte, 1) }
  }

  /// Before something is said of the job's end: where a launcher is ending the ranks, whoever ended the job has said why, and
  /// this process ends by the signal as it would without us.
  ///
  /// - Parameter isInCall: whether this is the thread that is in the call, and may end it.
  static func dieIfKilled(_ session: Session, isInCall: Bool = true) {
    guard current == SIGTERM || launcherStirred != 0 else { return }
    if isInCall { session.actForTheLastTime() }
    // Signals end a sleep.
    let end = monotonicNanoseconds() + launcherPatience
    while current != SIGTERM, monotonicNanoseconds() < end { rest(.sleep(nanoseconds: 10_000_000)) }
    guard current == SIGTERM else { return }
    session.sentinel.dismiss()
    var usual = sigaction()
    sigaction(SIGTERM, &usual, nil)
    raise(SIGTERM)
  }

  /// From now on what this process does is kept in a checkpoint.
  static func keepResults() { keeps.store(true, ordering: .relaxed) }

  /// The job is being ended: a request must not cut off what is left to be done.
  static func end() { isEnding.store(true, ordering: .relaxed) }

  /// From now on these signals are nothing special.
  static func cease() { isOff.store(true, ordering: .relaxed) }

  /// Whoever has a use of their own for a signal keeps it.
  static func watch(_ session: Session) {
    // What handlers look at is there before them: a handler can't wait for what it has interrupted.
    _ = (current, since, launcherStirred, isFollowed.load(ordering: .relaxed), isOff.load(ordering: .relaxed))
    _ = (leaving.load(ordering: .relaxed), isEnding.load(ordering: .relaxed), status)
    // Those that have ended so far are the sentinel's and MPI's.
    _ = anotherProgramHasEnded()
    LastWords.forget()
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let read = ends[0]
    guard ComputeThread.startSmall({ [unowned session] in waitForEver(read, session) }) else { return }
    pipeEnd.store(ends[1], ordering: .relaxed)
    process.store(getpid(), ordering: .relaxed)
    for number in signals + [SIGCONT] {
      var action = sigaction()
      guard sigaction(number, nil, &action) == 0, action.isDefault else { continue }
      action.handler = { number, _, _ in EndRequest.handle(number) }
      action.sa_flags = Int32(SA_SIGINFO) | Int32(SA_ONSTACK) | Int32(SA_RESTART)
      sigaction(number, &action, nil)
    }
  }

  private static func handle(_ number: Int32) {
    let interrupted = errno
    defer { errno = interrupted }
    // A process that this one forks has the handler too, and is no rank.
    let isRank = getpid() == process.load(ordering: .relaxed)
    if !isRank || isOff.load(ordering: .relaxed) {
      if number == SIGCONT { return }
      // It is leaving because of the first.
      if isRank, leaving.load(ordering: .relaxed) != 0 { return }
      if isRank, number != SIGTERM, isEnding.load(ordering: .relaxed) { return }
      if isRank, current != nil { _exit(status) }
      var action = sigaction()
      sigaction(number, &action, nil)
      raise(number)
      return
    }
    if number == SIGCONT { return stirred.store(monotonicNanoseconds(), ordering: .relaxed) }
    guard signal.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged else { return }
    came.store(monotonicNanoseconds(), ordering: .relaxed)
    var byte: UInt8 = 0
    _ = write(pipeEnd.load(ordering: .relaxed), &byte, 1)
  }

  /// Where a launcher ends ranks because one has died, SIGKILL follows within this time, and nothing is to be said.
  static let launcherPatience = 1_500_000_000
  /// A thread in a call has looked by then.
  private static let attention = 300_000_000
  /// By then rank 0 should have ended the job in order.
  private static let margin = 5_000_000_000

  private static func waitForEver(_ file: Int32, _ session: Session) -> Never {
    var byte: UInt8 = 0
    while read(file, &byte, 1) < 1 {}
    while true {
      let left = leaving.load(ordering: .relaxed)
      if left != 0 {
        if monotonicNanoseconds() - left > margin { _exit(status) }
        rest(.sleep(nanoseconds: 20_000_000))
        continue
      }
      if current == nil {
        rest(.sleep(nanoseconds: 20_000_000))
        continue
      }
      let now = monotonicNanoseconds()
      let isTermination = current == SIGTERM
      let patience =
        isFollowed.load(ordering: .relaxed)
        ? session.settings.grace + margin
        : max(
          keeps.load(ordering: .relaxed) ? session.settings.grace : 0,
          isTermination ? launcherPatience : attention)
      // A launcher that ends ranks does so by then, and nothing is to be said.
      let earliest = max(due.load(ordering: .relaxed), since + (isTermination ? launcherPatience : 0))
      let time = due.load(ordering: .relaxed) == 0 ? since + patience : min(earliest, since + patience)
      // One after the other: the first ends the job, best rank 0, which knows what is stored.
      let turn = session.isRoot ? 0 : 500_000_000 + min(session.rank, 10) * 100_000_000
      if now >= time + turn { break }
      rest(.sleep(nanoseconds: 20_000_000))
    }
    guard !isOff.load(ordering: .relaxed) else { while true { rest(.sleep(nanoseconds: 1_000_000_000)) } }
    session.sentinel.dismiss()
    Console.write(
      """
      Seppo: rank \(session.rank) (\(session.host)): asked to stop (\(spell(current ?? 0))), \
      \(Whereabouts.text(session.sentinel.page)); \(whatWasThrown)\(whatIsKept(session))
      """)
    _exit(status)
  }

  private static var whatWasThrown: String {
    thrown.withLock { $0 }.map { "it threw since (\($0)), which may be because of that; " } ?? ""
  }

  /// Of the whole job, as far as this rank knows.
  private static func whatIsKept(_ session: Session) -> String {
    if let stored = session.report.stored {
      return "\(stored); \(goOn)"
    }
    if keeps.load(ordering: .relaxed) { return "what a checkpoint holds is kept" }
    return session.current.number == 0 ? "no map had begun" : advice
  }

  static let goOn = "run the same again, on any number of ranks, to go on from there"

  static let advice = """
    what was computed is lost: parallel(checkpoint: .sqlite("results.sqlite")) of SeppoCheckpoint would keep it
    """

  static func spell(_ signal: Int32) -> String {
    switch signal {
    case SIGTERM: "SIGTERM"
    case SIGUSR1: "SIGUSR1"
    case SIGUSR2: "SIGUSR2"
    default: "signal \(signal)"
    }
  }
}
