/// Signals that end this process: which one it was is written to the shared page, for the watchdog, and all else goes on as
/// it would without us, so that backtraces, core files and the status stay what they are.
package enum Crash {
  /// Of the program's own making. Handlers that MPI, Swift or others have for them are run as before.
  private static let faults = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS]
  /// Sent from outside, but for what `EndRequest` sees to. Only where these end the process; who has a use for them keeps it.
  private static let requests = [
    SIGHUP, SIGINT, SIGPIPE, SIGALRM, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF,
  ]

  private struct Memory {
    var page: SharedPage
    /// Of our handler.
    var address = 0
    /// What was to be done before us, by the signal's number.
    var previous: UnsafeMutablePointer<sigaction>
  }

  /// Written before a signal's handler is installed, and never freed: that is why it is safe.
  nonisolated(unsafe) private static let memory = UnsafeMutablePointer<Memory>.allocate(capacity: 1)

  private static let signals = 65
  private static let alternateStack = 256 << 10

  /// Comes after MPI's start, because Open MPI puts its own handlers over those that it finds.
  package static func watch(_ page: SharedPage) {
    #if os(Linux)
      let previous = UnsafeMutablePointer<sigaction>.allocate(capacity: signals)
      previous.initialize(repeating: sigaction(), count: signals)
      memory.initialize(to: Memory(page: page, previous: previous))
      prepareThread()
      for signal in faults { install(signal, over: { !$0.isIgnored }) }
      for signal in requests { install(signal, over: \.isDefault) }
    #endif
  }

  /// Gives the calling thread a stack for handlers: its own may be what is full.
  ///
  /// - Returns: that stack, for `leaveThread`; nil where the thread has one already.
  @discardableResult
  package static func prepareThread() -> UnsafeMutableRawPointer? {
    #if os(Linux)
      var stack = stack_t()
      guard sigaltstack(nil, &stack) == 0, stack.ss_flags & Int32(SS_DISABLE) != 0 else { return nil }
      // Only what is used takes memory.
      let memory = mmap(nil, alternateStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      guard let memory, memory != MAP_FAILED else { return nil }
      stack = stack_t(ss_sp: memory, ss_flags: 0, ss_size: alternateStack)
      sigaltstack(&stack, nil)
      return memory
    #else
      return nil
    #endif
  }

  /// The calling thread is about to end.
  package static func leaveThread(_ memory: UnsafeMutableRawPointer?) {
    #if os(Linux)
      guard let memory else { return }
      var none = stack_t(ss_sp: nil, ss_flags: Int32(SS_DISABLE), ss_size: 0)
      sigaltstack(&none, nil)
      munmap(memory, alternateStack)
    #endif
  }

  #if os(Linux)
    private static func install(_ signal: Int32, over isToBe: (sigaction) -> Bool) {
      var action = sigaction()
      guard sigaction(signal, nil, &action) == 0, isToBe(action) else { return }
      memory.pointee.previous[Int(signal)] = action
      action.handler = { Crash.handle($0, $1, $2) }
      memory.pointee.address = action.address
      // With what a handler before us wanted, as to be called only once.
      action.sa_flags |= Int32(SA_SIGINFO) | Int32(SA_ONSTACK)
      sigaction(signal, &action, nil)
    }

    private static func handle(
      _ signal: Int32, _ info: UnsafeMutablePointer<siginfo_t>?, _ context: UnsafeMutableRawPointer?
    ) {
      let interrupted = errno
      defer { errno = interrupted }
      let words = memory.pointee.page.words
      // A process that this one forks has the handlers too, and is no rank.
      let isRank = !RankProcess.isFork
      if isRank { CrashNote.write(afterFault: faults.contains(signal)) }
      let isSent = (info?.pointee.si_code ?? 0) <= 0
      var isNoted = false
      if isRank, signal == SIGINT, !isSent {
        // Ctrl-C is no accident.
        words.pointee.state.store(SharedPage.State.done.rawValue, ordering: .relaxed)
      } else if isRank {
        isNoted = words.pointee.signal.compareExchange(expected: 0, desired: Int(signal), ordering: .relaxed).exchanged
      }
      if isNoted {
        words.pointee.died.store(monotonicNanoseconds(), ordering: .relaxed)
        words.pointee.thread.store(InFlightSlot.callingThread, ordering: .relaxed)
      }
      let previous = memory.pointee.previous + Int(signal)
      if previous.pointee.isDefault {
        var action = sigaction()
        sigaction(signal, &action, nil)
        if isSent || !comesAgain(signal) { raise(signal) }
        return
      }
      run(previous, signal, info, context)
      // A handler that stays in its place has mended what was wrong.
      var action = sigaction()
      if isNoted, sigaction(signal, nil, &action) == 0, action.address == memory.pointee.address {
        words.pointee.signal.store(0, ordering: .relaxed)
      }
    }

    /// Whether the fault is met again where the program goes on: then the core file has its address.
    private static func comesAgain(_ signal: Int32) -> Bool {
      switch signal {
      case SIGSEGV, SIGBUS, SIGILL, SIGFPE: true
      default: false
      }
    }

    private static func run(
      _ action: UnsafeMutablePointer<sigaction>, _ signal: Int32, _ info: UnsafeMutablePointer<siginfo_t>?,
      _ context: UnsafeMutableRawPointer?
    ) {
      if action.pointee.sa_flags & Int32(SA_SIGINFO) != 0 {
        action.pointee.handler?(signal, info, context)
      } else {
        // Its address is in the same place, and it takes the first argument only.
        unsafeBitCast(action.pointee.address, to: (@convention(c) (Int32) -> Void).self)(signal)
      }
    }
  #endif
}
