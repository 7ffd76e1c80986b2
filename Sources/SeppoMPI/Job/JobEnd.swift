import SeppoProcess

/// How a process leaves, wherever it does so: a rank that goes without ending MPI takes the others with it, or leaves them
/// waiting.
extension Job {
  /// Looks at every `exit` of this process.
  static func watchExit() {
    atexit {
      if RankProcess.isFork { return }
      let job = Job.shared
      switch job.gate.phase {
      case .ended: job.process.watchdog.dismiss()
      case .beforeRun: job.endWithoutRun()
      case .running:
        let inside = CallContext.current == .item ? " inside an item" : ""
        job.process.watchdog.dismiss()
        job.report.end(.error)
        Console.write(
          """
          Seppo: rank \(job.rank) (\(job.host)): exit was called\(inside) before Seppo.run had ended, \
          \(RankActivity.text(job.process.page)). That ends the whole job; Seppo.exit(status) ends every rank in order.
          """)
        fflush(nil)
        // Not by way of MPI: this may be any thread, and another may be within MPI. The launcher ends the others.
        _exit(1)
      }
    }
  }

  /// MPI was started by a question (`Seppo.rank`), and nobody has ended it. The ranks do so together, as at the end of a
  /// run: one that went alone would wait in MPI for others that wait for it in a call.
  private func endWithoutRun() {
    if process.transportHasEnded() { return process.watchdog.dismiss() }
    let place = Place(fileID: "", line: 0, column: 0)
    gate.phase = .running
    do {
      try meet("the program's end, without Seppo.run", at: place)
      if isRoot { report.end(.well) }
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
