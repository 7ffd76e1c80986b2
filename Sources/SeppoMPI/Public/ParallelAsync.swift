import SeppoCompute

extension AsyncSequence where Self: Sendable, Element: Codable & Sendable {
  /// Returns this asynchronous sequence with options for how all ranks compute it; see ``ParallelAsync``.
  public func parallel(_ options: ParallelOptions = ParallelOptions()) -> ParallelAsync<Self> {
    ParallelAsync(base: self, options: options)
  }
}

/// An asynchronous sequence with options for how all ranks compute it.
///
/// ```swift
/// for try await (index, reply) in requests.parallel().results(answer) { send(reply) }
/// ```
public struct ParallelAsync<Base: AsyncSequence & Sendable> where Base.Element: Codable & Sendable {
  let base: Base
  let options: ParallelOptions

  /// Returns the index and the result of each element as an asynchronous sequence, on rank 0, as they come. The elements are
  /// drawn on rank 0 only, as they are needed. An error of the sequence is thrown on every rank, as
  /// `SeppoError.sequenceThrew`, after the results of the elements before it.
  ///
  /// The parameters are those of ``Parallel/results(_:order:fileID:line:column:)``. A checkpoint can't be used.
  public func results<Result: Codable & Sendable>(
    _ f: @escaping @Sendable (Base.Element) throws -> Result, order: ResultOrder = .index,
    fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column
  ) -> ParallelResults<Result> {
    let place = Place(fileID: fileID, line: line, column: column)
    return ParallelResults { [base, options] queue in
      if options.checkpoint != nil {
        throw SeppoError.badOption(
          .init(
            name: "checkpoint", reason: "the elements of an asynchronous sequence aren't known to a later job",
            place: place.text))
      }
      let items: CallItems<Base.Element> =
        readsElements()
        ? .fed(AsyncFeed(base) { [pool = Job.current.pool] in pool.wake() })
        : .all(.memory(UnsafeBufferPointer(start: nil, count: 0)))
      try makeCall(
        Work(items, nil, options, isCompared: false, place),
        Verb("results", to: .nowhere, consumesResults: true), order,
        { input, output, first, limits in
          computeChunk(NoStates(), input, output, first, limits) { _, item, _ in try f(item) }
        }, queue)
    }
  }
}
