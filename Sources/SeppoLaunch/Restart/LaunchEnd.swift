/// How a launch has ended.
package struct LaunchEnd: Sendable, Equatable {
  /// EX_TEMPFAIL of sysexits.h: worth running again.
  package static let stopped = 75

  /// The exit status of `mpirun`, or 128 plus the number of the signal that ended it.
  package let status: Int
  package let report: JobReport
  /// Whether `mpirun` was killed because it didn't notice that all ranks had ended.
  package let hasHung: Bool
  /// How long it took, in seconds.
  package let seconds: Double

  package init(status: Int, report: JobReport, hasHung: Bool = false, seconds: Double) {
    self.status = status
    self.report = report
    self.hasHung = hasHung
    self.seconds = seconds
  }

  /// Whether a rank or a host was lost, or the job was asked to stop: not if the program ended by itself, with success, by an
  /// error, or at its deadline.
  var isWorthRelaunch: Bool {
    if status == 0 || report.ended != nil { return false }
    return status == LaunchEnd.stopped || status >= 128 || report.hasBegun
  }

  /// A description, for a message.
  var cause: String {
    if hasHung { return "all ranks had ended, but mpirun hung" }
    if status == LaunchEnd.stopped { return "the job was asked to stop (status 75)" }
    guard let signal = SignalNames.name(ofStatus: status) else { return "a rank or host was lost (status \(status))" }
    return SignalNames.crashes.contains(signal) ? "a rank crashed (SIG\(signal))" : "a rank was killed (SIG\(signal))"
  }
}

enum SignalNames {
  static let crashes: Set<String> = ["ABRT", "BUS", "FPE", "ILL", "SEGV", "SYS", "TRAP"]

  #if os(Linux)
    private static let names = [
      "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
      "TERM",
      "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",
      "PWR", "SYS",
    ]
  #else
    private static let names = [
      "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "EMT", "FPE", "KILL", "BUS", "SEGV", "SYS", "PIPE", "ALRM",
      "TERM", "URG",
      "STOP", "TSTP", "CONT", "CHLD", "TTIN", "TTOU", "IO", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "INFO", "USR1",
      "USR2",
    ]
  #endif

  /// Returns the name of the signal that a status above 128 stands for, if any.
  static func name(ofStatus status: Int) -> String? {
    names.indices.contains(status - 128) && status > 128 ? names[status - 128] : nil
  }
}
