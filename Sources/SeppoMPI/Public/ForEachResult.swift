import SeppoCompute

extension Parallel {
  /// Calls `consume` on rank 0 with the index and the result of each element, as the results come. All ranks compute.
  ///
  /// ```swift
  /// var sum = 0.0
  /// try events.parallel().forEachResult(energy) { index, energy in sum += energy }   // on rank 0
  /// ```
  ///
  /// Results are never all in memory at the same time: `buffer:` is the maximum number of those that are computed but not
  /// consumed. If `consume` is slow, the ranks wait for it. The elements may be an endless sequence; they are drawn as they
  /// are needed, on a thread of their own, so their iterator and `consume` must not share variables.
  ///
  /// - Parameters:
  ///   - f: As for ``map(_:fileID:line:column:)``.
  ///   - order: `.index` for the order of the elements, `.completion` for the order in which results are computed.
  ///   - consume: Called on rank 0, on the calling thread, for one result at a time. A verb inside it runs on rank 0 alone.
  /// - Throws: As ``map(_:fileID:line:column:)``, on every rank. In the order of the elements, the results before the first
  ///   element that throws have been consumed. `SeppoError.consumerThrew` if `consume` throws: no further items are started.
  @inlinable
  @inline(__always)
  public func forEachResult<Result: Codable & Sendable>(
    _ f: @Sendable (Base.Element) throws -> Result, order: ResultOrder = .index,
    _ consume: (_ index: Int, _ result: Result) throws -> Void, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws {
    try withWork(Place(fileID: fileID, line: line, column: column)) { work in
      try runStream(
        work, Verb("forEachResult", to: .nowhere, consumesResults: true), order,
        { input, output, first, limits in
          computeChunk(NoStates(), input, output, first, limits) { _, item, _ in try f(item) }
        }, { batch, note in try batch.forEach(consume, note: note) })
    }
  }
}
