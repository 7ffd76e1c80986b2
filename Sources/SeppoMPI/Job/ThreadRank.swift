import SeppoProcess
import SeppoTransport

/// A rank of a job whose ranks are threads of this process.
package enum ThreadRank {
  /// Runs the body on the calling thread, as `Seppo.run` does in a process.
  ///
  /// - Throws: The error of the body, or the error with which one of its calls ends the job.
  package static func run<Value>(
    on transport: any Transport, end: ThreadEnd, sharedCalls: SharedCalls.Use? = nil, fileID: StaticString, line: UInt,
    column: UInt, _ body: () throws -> Value
  ) throws -> Value {
    let place = Place(fileID: fileID, line: line, column: column)
    let settings = try Settings(largestSplit: Communicator.largestSplit)
    let host = HostName.own
    let job = try Job(
      transport, hosts: Array(repeating: host, count: transport.size), settings: settings,
      log: Log(settings, rank: transport.rank, host: host),
      process: .thread(rank: transport.rank, host: host, settings: settings, end: end), sharedCalls: sharedCalls)
    defer {
      job.pool.close()
      if job.sharedCalls.exist { job.deputy.close() }
    }
    return try job.enter {
      // The body is that of a run.
      job.gate.phase = .insideRun
      let value = try body()
      try job.barrier("the end of withRanks", at: place)
      try job.shutdown.end()
      return value
    }
  }
}
