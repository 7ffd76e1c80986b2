/// The signals that the calling thread gets when nobody reads what it writes, or a file becomes too long. They would end the rank; the
/// call of `write` returns an error, too.
enum WriteSignals {
  private static let signals = [SIGPIPE, SIGXFSZ]

  /// - Returns: the previous mask.
  static func block() -> sigset_t {
    var (blocked, mask) = (sigset_t(), sigset_t())
    sigemptyset(&blocked)
    for signal in signals { sigaddset(&blocked, signal) }
    pthread_sigmask(SIG_BLOCK, &blocked, &mask)
    return mask
  }

  static func unblock(_ mask: sigset_t) {
    var (pending, mask) = (sigset_t(), mask)
    sigpending(&pending)
    for signal in signals where sigismember(&pending, signal) == 1 && sigismember(&mask, signal) == 0 {
      var (taken, set) = (Int32(0), sigset_t())
      sigemptyset(&set)
      sigaddset(&set, signal)
      sigwait(&set, &taken)
    }
    pthread_sigmask(SIG_SETMASK, &mask, nil)
  }
}
