import Synchronization

/// The signals by which somebody asks this process to stop, and SIGCONT, by which Open MPI's launcher begins to end ranks.
/// Until now SIGTERM, SIGUSR1 and SIGUSR2 would have ended it at once; what follows from them is `EndRequest`'s.
///
/// From the first request to the process's end, further ones change nothing. What a handler looks at is global.
package enum StopSignal {
  /// EX_TEMPFAIL: it was not the program's fault, and it is worth running again.
  package static let status: Int32 = 75

  private static let signals = [SIGTERM, SIGUSR1, SIGUSR2]
  private static let signal = Atomic<Int32>(0)
  /// When it came, in nanoseconds.
  private static let came = Atomic<Int>(0)
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

  /// The signal, if one has come.
  package static var current: Int32? {
    let signal = signal.load(ordering: .relaxed)
    return signal == 0 ? nil : signal
  }

  package static var since: Int { came.load(ordering: .relaxed) }

  package static var launcherStirred: Int { stirred.load(ordering: .relaxed) }

  /// It came to nothing.
  package static func settleStir(_ time: Int) {
    _ = stirred.compareExchange(expected: time, desired: 0, ordering: .relaxed)
  }

  /// Another rank was asked, and ends the job for it: what comes here is no first request any more.
  package static func adopt(_ number: Int32) {
    _ = signal.compareExchange(expected: 0, desired: number, ordering: .relaxed)
  }

  /// Whether this process was asked to stop by now: then an item that has just thrown may have done so because of that, as
  /// launchers signal process groups, and with the rank the programs that its items run.
  package static func mayHaveMadeItemThrow() -> Bool {
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
    while current == nil, monotonicNanoseconds() < end { sleep(nanoseconds: 2_000_000) }
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

  /// The process is leaving with `status`, and would wait in MPI for a rank that has stopped.
  package static func leave() {
    leaving.store(monotonicNanoseconds(), ordering: .relaxed)
    var byte: UInt8 = 0
    let end = pipeEnd.load(ordering: .relaxed)
    if end >= 0 { _ = write(end, &byte, 1) }
  }

  /// The job is being ended: a request must not cut off what is left to be done.
  package static func end() { isEnding.store(true, ordering: .relaxed) }

  /// From now on these signals are nothing special.
  package static func cease() { isOff.store(true, ordering: .relaxed) }

  /// Since when the process is leaving, in nanoseconds; 0 where it isn't.
  static var left: Int { leaving.load(ordering: .relaxed) }
  /// Whether these signals are nothing special any more.
  static var hasCeased: Bool { isOff.load(ordering: .relaxed) }

  /// Whoever has a use of their own for a signal keeps it.
  ///
  /// - Parameter alarm: a pipe's end, to which a byte is written when the first one comes.
  static func watch(alarm: Int32) {
    pipeEnd.store(alarm, ordering: .relaxed)
    for number in signals + [SIGCONT] {
      var action = sigaction()
      guard sigaction(number, nil, &action) == 0, action.isDefault else { continue }
      action.handler = { number, _, _ in StopSignal.handle(number) }
      action.sa_flags = Int32(SA_SIGINFO) | Int32(SA_ONSTACK) | Int32(SA_RESTART)
      sigaction(number, &action, nil)
    }
  }

  static func prepare() {
    // What handlers look at is there before them: a handler can't wait for what it has interrupted.
    _ = (current, since, launcherStirred, hasCeased, left, isEnding.load(ordering: .relaxed), status)
    // Those that have ended so far are the watchdog's and MPI's.
    _ = anotherProgramHasEnded()
  }

  private static func handle(_ number: Int32) {
    let interrupted = errno
    defer { errno = interrupted }
    // A process that this one forks has the handler too, and is no rank.
    let isRank = !RankProcess.isFork
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

  package static func spell(_ signal: Int32) -> String {
    switch signal {
    case SIGTERM: "SIGTERM"
    case SIGUSR1: "SIGUSR1"
    case SIGUSR2: "SIGUSR2"
    default: "signal \(signal)"
    }
  }
}
