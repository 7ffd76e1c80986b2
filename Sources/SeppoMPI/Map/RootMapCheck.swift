import SeppoProcess
import SeppoTransport
import SeppoWire

/// With `SEPPO_CHECK=1`: whether `f` gives the same result on two ranks.
extension RootMap {
  /// Has a few items computed by another rank than the one that did, and compares the results.
  ///
  /// - Throws: `SeppoError.resultsDiffer`, on every rank, for the lowest item that has another.
  func checkResults() throws {
    guard let check else { return }
    var underWay: [Int: ResultCheck.Repetition] = [:]
    var differences: [Int: SeppoError] = [:]
    var (backoff, late) = (Backoff(), ItemsStillAtWork())
    var thrown: [Int: SeppoError] = [:]
    func came(_ place: Int, _ again: Again, isFollowed: Bool) {
      if isFollowed, case .threw(let error) = again {
        thrown[place] = error
        return
      }
      guard let repetition = underWay.removeValue(forKey: place) else { return }
      differences[place] = difference(repetition, thrown[place].map { .threw($0) } ?? again)
    }
    do {
      for repetition in check.repetitions {
        underWay[repetition.place] = repetition
        try give(repetition)
      }
      while !underWay.isEmpty {
        let now = monotonicNanoseconds()
        try job.attend(at: now)
        try endEarly(at: now)
        var hasMoved = false
        while let message = try job.poll() {
          hasMoved = true
          try takeAgain(message, came, &late)
        }
        for case let task as Task in job.pool.takeFinished() {
          hasMoved = true
          takeAgain(task, came)
        }
        if let timeout = context.timeout {
          if let report = LateReport(job.pool.takeLate(timeout: timeout), context.timedOut) {
            late.append(report, of: 0)
          }
          if !late.isEmpty { try endIfStuck(late, timeout) }
        }
        if hasMoved { backoff.reset() } else { try job.pause(&backoff) }
      }
    } catch {
      try call.settle(context.bound, after: error)
      throw error
    }
    if let (_, first) = differences.min(by: { $0.key < $1.key }) { try refuse(first) }
  }

  /// What came of computing an item again.
  private enum Again {
    case result(UnsafeRawBufferPointer)
    case threw(SeppoError)
    case notBegun
  }

  private func give(_ repetition: ResultCheck.Repetition) throws {
    let chunk = repetition.place..<(repetition.place + 1)
    job.log.debug("has item \(repetition.place) computed on rank \(repetition.second) too")
    let writer = ChunkHeader.writer(payload: 0)
    var spacing: Spacing?
    switch items {
    case .spaced(let itself): spacing = itself
    case .memory(let items): try Items.write(UnsafeBufferPointer(rebasing: items[chunk]), to: writer)
    }
    WorkHeader(chunk: chunk, spacing: spacing).write(to: writer.bytes)
    guard repetition.second == 0 else { return try job.send(writer, to: repetition.second, kind: .work) }
    let payload = ChunkHeader.payload(of: UnsafeRawBufferPointer(writer.bytes))
    try submit(chunk, spacing.map { .spaced($0) } ?? .wire(payload, owner: writer), .wire)
  }

  private func takeAgain(
    _ message: Message, _ came: (Int, Again, Bool) -> Void, _ late: inout ItemsStillAtWork
  ) throws {
    switch message.kind {
    case .threw:
      let report = try Control.decode(FailedItems.self, from: message.bytes, rank: 0, host: job.host)
      late.remove(report.failures, of: message.source)
      // Where a map goes on behind what fails, the chunk's results follow, though there are none.
      for failure in report.failures { came(failure.index, .threw(failure.error), !context.stopsAtFailure) }
    case .computed:
      let header = try ResultHeader(message.bytes)
      came(
        header.chunk.lowerBound,
        header.completed == 1 ? .result(ChunkHeader.payload(of: message.bytes)) : .notBegun, false)
    case .late:
      let report = try Control.decode(LateReport.self, from: message.bytes, rank: 0, host: job.host)
      late.append(report, of: message.source)
    default: break
    }
  }

  private func takeAgain(_ task: Task, _ came: (Int, Again, Bool) -> Void) {
    if let failure = task.failures.first { return came(failure.index, .threw(failure.error), false) }
    guard task.made == 1, let bytes = task.joined else { return came(task.chunk.lowerBound, .notBegun, false) }
    withExtendedLifetime(bytes) {
      came(task.chunk.lowerBound, .result(ChunkHeader.payload(of: UnsafeRawBufferPointer(bytes.bytes))), false)
    }
  }

  private func difference(_ repetition: ResultCheck.Repetition, _ again: Again) -> SeppoError? {
    let first = UnsafeBufferPointer(gathered[repetition.place..<(repetition.place + 1)])
    switch again {
    case .result(let bytes):
      return withUnsafeTemporaryAllocation(of: Result.self, capacity: 1) { room in
        let (done, unreadable) = Items.read(room, from: bytes)
        defer { UnsafeMutableBufferPointer(rebasing: room[..<done]).deinitialize() }
        if let unreadable { return error(repetition, first[0], "a result that can't be read: \(unreadable.reason)") }
        let (one, other) = (
          Canonical.marks(of: first, at: [0]), Canonical.marks(of: UnsafeBufferPointer(room), at: [0])
        )
        // Equal values may be encoded in another order, where a type writes a set as a list.
        return one == other || AnyValue.areEqual(first[0], room[0]) == true
          ? nil : error(repetition, first[0], ResultCheck.text(room[0]))
      }
    // Where items are tried again, it is nothing new that one throws now and then.
    case .threw(.itemThrew(let thrown)) where call.options.retries == 0 && StopSignal.current == nil:
      return error(repetition, first[0], "an error (\(thrown.type): \(thrown.description))")
    case .threw, .notBegun: return nil
    }
  }

  private func error(_ repetition: ResultCheck.Repetition, _ first: Result, _ second: String) -> SeppoError {
    func rank(_ rank: Int) -> SeppoError.RankAndHost { .init(rank: rank, host: job.hosts[rank]) }
    return .resultsDiffer(
      index: repetition.place, first: rank(repetition.first), firstResult: ResultCheck.text(first),
      second: rank(repetition.second), secondResult: second, place: call.place.text)
  }
}
