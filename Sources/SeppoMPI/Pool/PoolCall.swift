import SeppoCompute
import SeppoProcess

/// The call during which the body of a pool runs on rank 0.
struct PoolCall<Input: Codable & Sendable, Output: Codable & Sendable>: Sendable {
  let options: ParallelOptions
  let place: Place
  let kernel: ChunkKernel

  /// Checks that the call may be made here.
  func check() throws {
    if CallContext.current != .everyRank {
      throw SeppoError.nested(.init("withPool", inside: CallContext.current.name, place))
    }
    if options.checkpoint != nil {
      throw SeppoError.badOption(
        .init(name: "checkpoint", reason: "a pool's tasks aren't known to a later job", place: place.text))
    }
  }

  /// Makes the call, on any rank.
  ///
  /// - Parameter pool: on rank 0: the tasks.
  func make(_ pool: TaskPool<Input, Output>?) throws {
    let none = CallItems<Input>.all(.memory(UnsafeBufferPointer(start: nil, count: 0)))
    do {
      try Job.forCall { job in
        pool?.wake.set { [computing = job.pool] in computing.wake() }
        let work = Work(pool.map { .fed(PoolFeed($0)) } ?? none, nil, options, isCompared: false, place)
        let call = MapCall<Input, Output>(
          job, work, Verb("withPool", to: .nowhere, keepsFailures: true, consumesResults: true))
        try call.run(work, kernel, returnsValues: false, consumer: pool.map { PoolConsumer($0) }) { role in
          guard let pool, case .root(let loop) = role else { return }
          _ = try loop.run(into: PoolSink(pool))
          if let thrown = pool.thrown { try loop.fail(with: call.threw(thrown) { .poolThrew($0) }) }
          try job.finish(.done)
        }
      }
    } catch {
      pool?.end(error as? SeppoError ?? ended)
      throw error
    }
  }

  /// The error of tasks after the end of the body.
  var ended: SeppoError { .afterEnd(.init("a task", inside: "the body of withPool", place)) }
}
