import SeppoProcess
import SeppoTransport

/// How a process leaves, wherever it does so: a rank that goes without ending MPI takes the others with it, or leaves them
/// waiting.
extension Job {
  /// Sees to every end of this process by `exit`, which the return from `main` is too.
  static func watchExit() {
    #if canImport(Glibc)
      on_exit({ status, _ in Job.leave(status: status) }, nil)
    #else
      atexit { Job.leave(status: 0) }
    #endif
  }

  private static func leave(status: Int32) {
    if RankProcess.isFork { return }
    let job = Job.shared
    if job.gate.phase == .ended { return job.process.watchdog.dismiss() }
    if let interrupted = job.interruptedByExit { job.endAbruptly(interrupted) }
    if job.process.isLone {
      job.report.end(.well)
      return job.process.watchdog.dismiss()
    }
    job.endWithProgram(status: status)
  }

  /// What `exit` cuts off, as text; nil where the ranks may end together.
  private var interruptedByExit: String? {
    if CallContext.current == .item { return "inside an item" }
    let isInRun = process.isLone ? LoneJobs.shared.isRunning : gate.phase == .insideRun
    if isInRun { return "before Seppo.run had ended" }
    return !process.isLone && gate.isInCall ? "during a call" : nil
  }

  private func endAbruptly(_ when: String) -> Never {
    process.watchdog.dismiss()
    report.end(.error)
    Console.write(
      """
      Seppo: rank \(rank) (\(host)): exit was called \(when), \(RankActivity.text(process.page)). That ends the whole job; \
      Seppo.exit(status) ends every rank in order.
      """)
    fflush(nil)
    // Not by way of MPI: this may be any thread, and another may be within MPI. The launcher ends the others.
    _exit(1)
  }

  /// The program ends outside of `Seppo.run`, and MPI with it. The ranks end together: one that left alone would wait in MPI
  /// for others that wait for it in a call.
  private func endWithProgram(status: Int32) {
    if process.transportHasEnded() { return process.watchdog.dismiss() }
    let place = Place(fileID: "", line: 0, column: 0)
    do {
      try meet(status == 0 ? "the end of the program" : "exit(\(status))", at: place)
      if isRoot { report.end(status == 0 ? .well : .error) }
      try shutdown.end()
    } catch {
      shutdown.endJobFromAnyThread(error, at: place)
    }
  }

  /// Waits until every rank has come to this call.
  func meet(_ call: String, at place: Place) throws {
    try self.call(call, at: place) { signature in
      var matching = CallMatching(self, signature)
      if isRoot {
        try matching.gather()
        try finish(.done)
      } else {
        try matching.announce(threads: 0)
        _ = try matching.awaitOutcome()
      }
    }
  }
}
