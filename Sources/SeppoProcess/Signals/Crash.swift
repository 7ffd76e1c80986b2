/// Handlers for signals that end this process. They write the signal to the shared page, for the watchdog, and then let the
/// signal take its course, so that backtraces, core files and the status stay the same.
package enum Crash {
  /// Caused by the program itself. The handlers of MPI, Swift or others still run.
  private static let faults = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS]
  /// Sent from outside, except those that `EndRequest` handles. Installed only over the default action.
  private static let requests = [
    SIGHUP, SIGINT, SIGPIPE, SIGALRM, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF,
  ]

  private struct Memory {
    var page: SharedPage
    /// The address of our handler.
    var address = 0
    /// The actions before ours, by signal number.
    var previous: UnsafeMutablePointer<sigaction>
  }

  /// Safe because it is written before a handler is installed, and never freed.
  nonisolated(unsafe) private static let memory = UnsafeMutablePointer<Memory>.allocate(capacity: 1)

  private static let signals = 65
  private static let alternateStack = 256 << 10

  /// Installs the handlers. Call it after MPI has started, because Open MPI replaces existing handlers.
  package static func watch(_ page: SharedPage) {
    #if os(Linux)
      let previous = UnsafeMutablePointer<sigaction>.allocate(capacity: signals)
      previous.initialize(repeating: sigaction(), count: signals)
      memory.initialize(to: Memory(page: page, previous: previous))
      prepareThread()
      UncaughtError.prepare()
      for signal in faults { install(signal, over: { !$0.isIgnored }) }
      for signal in requests { install(signal, over: \.isDefault) }
    #endif
  }

  /// Gives the calling thread a stack for signal handlers, for the case that its own stack overflows.
  ///
  /// - Returns: the stack, for `leaveThread`; nil if the thread already has one.
  @discardableResult
  package static func prepareThread() -> UnsafeMutableRawPointer? {
    #if os(Linux)
      var stack = stack_t()
      guard sigaltstack(nil, &stack) == 0, stack.ss_flags & Int32(SS_DISABLE) != 0 else { return nil }
      // Unused pages take no memory.
      let memory = mmap(nil, alternateStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      guard let memory, memory != MAP_FAILED else { return nil }
      stack = stack_t(ss_sp: memory, ss_flags: 0, ss_size: alternateStack)
      sigaltstack(&stack, nil)
      return memory
    #else
      return nil
    #endif
  }

  /// Removes the calling thread's handler stack, before the thread ends.
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
      // Keep the previous flags, such as SA_RESETHAND.
      action.sa_flags |= Int32(SA_SIGINFO) | Int32(SA_ONSTACK)
      sigaction(signal, &action, nil)
    }

    /// Ends this process as an error that leaves `Seppo.run` does. Swift has printed the error.
    private static func leaveAfterError() -> Never {
      // The error may be a consequence of the request, and the thread of `EndRequest` ends the process.
      if StopSignal.current != nil { while true { pause() } }
      memory.pointee.page.words.pointee.state.store(SharedPage.State.done.rawValue, ordering: .relaxed)
      Report.noteUncaughtError()
      Console.flushOutput()
      exitAtOnce(1)
    }

    private static func handle(
      _ signal: Int32, _ info: UnsafeMutablePointer<siginfo_t>?, _ context: UnsafeMutableRawPointer?
    ) {
      let interrupted = errno
      defer { errno = interrupted }
      let words = memory.pointee.page.words
      // A forked process has the handlers too, but is not a rank.
      let isRank = !RankProcess.isFork
      if isRank, signal == SIGILL || signal == SIGTRAP, UncaughtError.isCause { leaveAfterError() }
      if isRank { BottomLine.undo(memory.pointee.page) }
      if isRank { CrashNote.write(afterFault: faults.contains(signal)) }
      let isSent = (info?.pointee.si_code ?? 0) <= 0
      var isNoted = false
      if isRank, signal == SIGINT, !isSent {
        // Ctrl-C at the terminal is intended, so the watchdog reports nothing.
        words.pointee.state.store(SharedPage.State.done.rawValue, ordering: .relaxed)
      } else if isRank {
        isNoted = words.pointee.signal.compareExchange(expected: 0, desired: Int(signal), ordering: .relaxed).exchanged
      }
      if isNoted {
        words.pointee.died.store(monotonicNanoseconds(), ordering: .relaxed)
        words.pointee.thread.store(callingThread, ordering: .relaxed)
      }
      let previous = memory.pointee.previous + Int(signal)
      if previous.pointee.isDefault {
        var action = sigaction()
        sigaction(signal, &action, nil)
        if isSent || !repeats(signal) { raise(signal) }
        return
      }
      run(previous, signal, info, context)
      // If our handler is still installed, the previous handler has recovered from the fault.
      var action = sigaction()
      if isNoted, sigaction(signal, nil, &action) == 0, action.address == memory.pointee.address {
        words.pointee.signal.store(0, ordering: .relaxed)
      }
    }

    /// Returns whether the fault repeats when the program resumes. Then the core file has the fault's address.
    private static func repeats(_ signal: Int32) -> Bool {
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
        // The address is in the same field. This kind of handler takes the first argument only.
        unsafeBitCast(action.pointee.address, to: (@convention(c) (Int32) -> Void).self)(signal)
      }
    }
  #endif
}
