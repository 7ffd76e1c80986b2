import SeppoProcess

extension Seppo {
  /// Ends every rank with this status, after what was printed is written out: for command-line tools (64 for a usage
  /// error, 1 for a partial failure).
  ///
  /// Every rank calls it; or rank 0 alone, inside `atRoot`. Inside an item it ends the whole job at once, and never with 0.
  public static func exit(_ status: Int32, fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column)
    -> Never
  {
    if RankProcess.isFork { endProcess(status) }
    let job = Job.current
    let place = Place(fileID: fileID, line: line, column: column)
    if job.gate.phase == .ended || CallContext.current == .item {
      job.process.threadEnd?.stay(ThreadExit(status: failureStatus(status)))
    }
    switch (job.gate.phase, CallContext.current) {
    case (.ended, _):
      fflush(nil)
      endProcess(status)
    case (.running, .item):
      job.process.watchdog.dismiss()
      Console.write(
        """
        Seppo: rank \(job.rank) (\(job.host)): Seppo.exit(\(status)) was called inside an item, \
        \(RankActivity.text(job.process.watchdog.page)) [at \(place.text)]
        """)
      fflush(nil)
      _exit(failureStatus(status))
    case (.running, .atRoot), (.running, .merge):
      // The others wait for this atRoot's outcome.
      do {
        try job.sendToAll(.exit(status: status))
      } catch {
        job.shutdown.endJobFromAnyThread(error, at: place)
      }
      job.shutdown.leave(status: status)
    case (.beforeRun, _), (.running, .everyRank):
      job.gate.phase = .running
      do {
        try job.meet("Seppo.exit(\(status))", at: place)
      } catch {
        job.shutdown.endJobFromAnyThread(error, at: place)
      }
      job.shutdown.leave(status: status)
    }
  }
}
