/// The names of signals.
package enum SignalName {
  /// Returns the name and what it means, such as "SIGSEGV (Segmentation fault)".
  package static func text(_ signal: Int32) -> String {
    let meaning = strsignal(signal).map { String(cString: $0) } ?? "signal \(signal)"
    return names[signal].map { "\($0) (\(meaning))" } ?? meaning
  }

  private static let names: [Int32: String] = [
    SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGHUP: "SIGHUP", SIGILL: "SIGILL", SIGINT: "SIGINT",
    SIGKILL: "SIGKILL", SIGPIPE: "SIGPIPE", SIGQUIT: "SIGQUIT", SIGSEGV: "SIGSEGV", SIGTERM: "SIGTERM",
    SIGALRM: "SIGALRM", SIGSYS: "SIGSYS", SIGTRAP: "SIGTRAP", SIGUSR1: "SIGUSR1", SIGUSR2: "SIGUSR2",
    SIGXCPU: "SIGXCPU", SIGXFSZ: "SIGXFSZ",
  ]
}
