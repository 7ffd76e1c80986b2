import Synchronization

/// Handlers for the signals that ask this process to stop (SIGTERM, SIGUSR1 and SIGUSR2, which would end it at once by
/// default), and for SIGCONT, which Open MPI's launcher sends before it ends ranks. `EndRequest` acts on them.
///
/// After the first request, further ones have no effect. The state is global because signal handlers read it.
package enum StopSignal {
  /// EX_TEMPFAIL of sysexits.h: not the program's fault, and worth running again.
  package static let status: Int32 = 75

  private static let signals = [SIGTERM, SIGUSR1, SIGUSR2]
  private static let signal = Atomic<Int32>(0)
  /// When the signal arrived, in nanoseconds.
  private static let arrival = Atomic<Int>(0)
  /// Whether the process is no longer a rank, or is already being ended.
  private static let isOff = Atomic<Bool>(false)
  /// When the launcher sent SIGCONT, in nanoseconds; 0 if it didn't. Open MPI sends it to ranks that it is about to end,
  /// between a quarter of a second and a second before SIGTERM.
  private static let warning = Atomic<Int>(0)
  /// Whether the job is being ended, for any reason.
  private static let isEnding = Atomic<Bool>(false)
  /// When the process started to leave, in nanoseconds.
  private static let leaving = Atomic<Int>(0)
  private static let pipeEnd = Atomic<Int32>(-1)

  /// The signal, if one has arrived.
  package static var current: Int32? {
    let signal = signal.load(ordering: .relaxed)
    return signal == 0 ? nil : signal
  }

  /// When the signal arrived, in nanoseconds.
  package static var since: Int { arrival.load(ordering: .relaxed) }

  /// When the launcher sent SIGCONT, in nanoseconds; 0 if it didn't.
  package static var launcherWarning: Int { warning.load(ordering: .relaxed) }

  /// Clears a warning that SIGTERM did not follow.
  ///
  /// - Parameter time: the warning's time, so that a newer warning stays.
  package static func clearLauncherWarning(_ time: Int) {
    _ = warning.compareExchange(expected: time, desired: 0, ordering: .relaxed)
  }

  /// Takes over the request of another rank, so that a signal to this process is not a first request any more.
  package static func adopt(_ number: Int32) {
    _ = signal.compareExchange(expected: 0, desired: number, ordering: .relaxed)
  }

  /// Returns whether an item that has just thrown may have done so because of a request to stop. Launchers signal process
  /// groups, so the programs that the items run get the signal too.
  package static func mayHaveMadeItemThrow() -> Bool {
    if current != nil { return true }
    // A change of this thread's signal mask delivers a pending signal to it.
    var some = sigset_t()
    var before = sigset_t()
    sigemptyset(&some)
    sigaddset(&some, SIGURG)
    pthread_sigmask(SIG_BLOCK, &some, &before)
    pthread_sigmask(SIG_SETMASK, &before, nil)
    // A batch system signals the processes of a job one by one, and an item's program may get the signal first.
    guard current == nil, anotherProgramHasEnded() else { return current != nil }
    let end = monotonicNanoseconds() + 50_000_000
    while current == nil, monotonicNanoseconds() < end { sleep(nanoseconds: 2_000_000) }
    return current != nil
  }

  /// The page faults of all programs that have ended: a number that grows with each of them.
  private static let childFaults = Atomic<Int>(0)

  private static func anotherProgramHasEnded() -> Bool {
    var usage = rusage()
    #if canImport(Glibc)
      let children = __rusage_who_t(RUSAGE_CHILDREN.rawValue)
    #else
      let children = RUSAGE_CHILDREN
    #endif
    guard getrusage(children, &usage) == 0 else { return false }
    return childFaults.exchange(usage.ru_minflt, ordering: .relaxed) != usage.ru_minflt
  }

  /// Notes that the process leaves with `status`. If it then hangs in MPI, waiting for a rank that has stopped, `EndRequest`
  /// ends it.
  package static func leave() {
    leaving.store(monotonicNanoseconds(), ordering: .relaxed)
    var byte: UInt8 = 0
    let end = pipeEnd.load(ordering: .relaxed)
    if end >= 0 { _ = write(end, &byte, 1) }
  }

  /// Notes that the job is being ended, so that a request doesn't interrupt the remaining work.
  package static func end() { isEnding.store(true, ordering: .relaxed) }

  /// Restores the default actions of these signals.
  package static func disable() { isOff.store(true, ordering: .relaxed) }

  /// When the process started to leave, in nanoseconds; 0 if it hasn't.
  static var leavingSince: Int { leaving.load(ordering: .relaxed) }
  /// Whether these signals have their default actions again.
  static var isDisabled: Bool { isOff.load(ordering: .relaxed) }

  /// Whether SIGUSR1 had its default action before Seppo started MPI.
  private static let isMPIs = Atomic<Bool>(false)

  /// To be called before MPI starts: MPICH then handles SIGUSR1, by which its launcher tells of a rank's death if the user wants the
  /// others to go on. That is of no use for Seppo's ranks.
  package static func willStartMPI() {
    var action = sigaction()
    isMPIs.store(sigaction(SIGUSR1, nil, &action) == 0 && action.isDefault, ordering: .relaxed)
  }

  /// Installs the handlers, over default actions and MPI's only.
  ///
  /// - Parameter alarm: a pipe's end, to which a byte is written when the first signal arrives.
  static func watch(alarm: Int32) {
    pipeEnd.store(alarm, ordering: .relaxed)
    for number in signals + [SIGCONT] {
      var action = sigaction()
      guard sigaction(number, nil, &action) == 0,
        action.isDefault || number == SIGUSR1 && isMPIs.load(ordering: .relaxed)
      else { continue }
      action.handler = { number, _, _ in StopSignal.handle(number) }
      action.sa_flags = Int32(SA_SIGINFO) | Int32(SA_ONSTACK) | Int32(SA_RESTART)
      sigaction(number, &action, nil)
    }
  }

  static func prepare() {
    // Initialise the globals now: a handler that interrupts their initialisation would wait for itself.
    _ = (current, since, launcherWarning, isDisabled, leavingSince, isEnding.load(ordering: .relaxed), status)
    // Child processes that have ended so far belong to the watchdog and to MPI.
    _ = anotherProgramHasEnded()
  }

  private static func handle(_ number: Int32) {
    let interrupted = errno
    defer { errno = interrupted }
    // A forked process has the handler too, but is not a rank.
    let isRank = !RankProcess.isFork
    if !isRank || isOff.load(ordering: .relaxed) {
      if number == SIGCONT { return }
      // The process is already leaving because of the first signal.
      if isRank, leaving.load(ordering: .relaxed) != 0 { return }
      if isRank, number != SIGTERM, isEnding.load(ordering: .relaxed) { return }
      if isRank, current != nil { _exit(status) }
      var action = sigaction()
      sigaction(number, &action, nil)
      raise(number)
      return
    }
    if number == SIGCONT { return warning.store(monotonicNanoseconds(), ordering: .relaxed) }
    guard signal.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged else { return }
    arrival.store(monotonicNanoseconds(), ordering: .relaxed)
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
