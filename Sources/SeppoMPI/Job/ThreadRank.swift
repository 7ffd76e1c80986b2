import SeppoProcess
import SeppoTransport

/// `Seppo.exit` was called on a rank that is a thread.
package struct ThreadExit: Error {
  package let status: Int32
}

/// How a rank that is a thread among others ends its job: it can't end the process.
package struct ThreadEnd: Sendable {
  private let tell: @Sendable (any Error, Bool) -> Void

  /// - Parameter tell: tells the other ranks, and the thread that has started them, of the error; true where the rank makes
  ///   no further step.
  package init(_ tell: @escaping @Sendable (_ error: any Error, _ isLast: Bool) -> Void) { self.tell = tell }

  func report(_ error: any Error) { tell(error, false) }

  /// For code that can't be left by an error: the calling thread stays, with all that it uses.
  func stay(_ error: any Error) -> Never {
    tell(error, true)
    while true { sleep(nanoseconds: 1_000_000_000_000) }
  }
}

/// A rank of a job whose ranks are threads of this process.
package enum ThreadRank {
  /// Runs the body on the calling thread, as `Seppo.run` does in a process.
  ///
  /// - Throws: what has left the body, or what its calls would end the job with.
  package static func run<Value>(
    on transport: any Transport, end: ThreadEnd, fileID: StaticString, line: UInt, column: UInt,
    _ body: () throws -> Value
  ) throws -> Value {
    let place = Place(fileID: fileID, line: line, column: column)
    let settings = try Settings(largestSplit: Communicator.largestSplit)
    let host = HostName.own
    let job = try Job(
      transport, hosts: Array(repeating: host, count: transport.size), settings: settings,
      log: Log(settings, rank: transport.rank, host: host),
      process: .thread(rank: transport.rank, host: host, settings: settings, end: end))
    defer { job.pool.close() }
    return try job.enter {
      job.gate.phase = .running
      let value = try body()
      try job.meet("the end of withRanks", at: place)
      try job.shutdown.end()
      return value
    }
  }
}
