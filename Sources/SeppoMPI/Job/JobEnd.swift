import SeppoProcess
import SeppoTransport

/// The end of the process by `exit`, wherever it is called. A rank that exits without ending MPI would end the others,
/// or leave them waiting.
extension Job {
  /// Handles every end of this process by `exit`, including the return from `main`.
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
      job.observer?.end("ended")
      return job.process.watchdog.dismiss()
    }
    job.endWithProgram(status: status)
  }

  /// What `exit` interrupts, for a message; nil if the ranks may end together.
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
    // Without MPI: this may be any thread, while another one is in an MPI call. The launcher ends the other ranks.
    exitAtOnce(1)
  }

  /// Ends MPI with the program, outside of `Seppo.run`. The ranks end together: a rank that left alone would wait in
  /// MPI for ranks that wait for it in a call.
  private func endWithProgram(status: Int32) {
    if process.transportHasEnded() { return process.watchdog.dismiss() }
    let place = Place(fileID: "", line: 0, column: 0)
    do {
      try barrier(status == 0 ? "the end of the program" : "exit(\(status))", at: place)
      if isRoot { report.end(status == 0 ? .well : .error) }
      try shutdown.end()
    } catch {
      shutdown.endJobFromAnyThread(error, at: place)
    }
  }

  /// Waits until every rank has reached this call.
  func barrier(_ call: String, at place: Place) throws {
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
