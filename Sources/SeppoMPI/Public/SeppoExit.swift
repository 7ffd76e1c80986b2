import SeppoProcess

extension Seppo {
  /// Flushes the output, and ends every rank with this status. For command-line tools (64 for a usage error, 1 for a
  /// partial failure).
  ///
  /// Call it on every rank, or on rank 0 inside `atRoot`. Inside an item it ends the whole job at once, never with
  /// status 0.
  public static func exit(_ status: Int32, fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column)
    -> Never
  {
    if RankProcess.isFork { endProcess(status) }
    let job = Job.current
    let place = Place(fileID: fileID, line: line, column: column)
    let context = CallContext.current
    if job.gate.phase == .ended || context == .item {
      job.process.threadEnd?.park(ThreadExit(status: failureStatus(status)))
    }
    if job.gate.phase == .ended {
      fflush(nil)
      endProcess(status)
    }
    switch context {
    case .item, .source, .consumer, .pool:
      job.process.watchdog.dismiss()
      Console.write(
        """
        Seppo: rank \(job.rank) (\(job.host)): Seppo.exit(\(status)) was called inside \(context.name), \
        \(RankActivity.text(job.process.page)) [at \(place.text)]
        """)
      fflush(nil)
      exitAtOnce(failureStatus(status))
    case .atRoot, .merge:
      // The other ranks wait for the outcome of this call.
      do {
        try job.sendToAll(.exit(status: status))
      } catch {
        job.shutdown.endJobFromAnyThread(error, at: place)
      }
    case .everyRank:
      // No rank to meet. Calls on other threads end with the process.
      if job.process.isLone { break }
      do {
        try job.barrier("Seppo.exit(\(status))", at: place)
      } catch {
        job.shutdown.endJobFromAnyThread(error, at: place)
      }
    }
    job.shutdown.leave(status: status)
  }
}
