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
  /// are needed, on a thread of their own, so their iterator and `consume` must not share variables. With a checkpoint they
  /// can't be endless.
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
    let place = Place(fileID: fileID, line: line, column: column)
    try streamed(.forEachResult, place, NoStates(), order, { _, item, _ in try f(item) }, consume)
  }

  /// The same, with a state per thread; see ``map(with:_:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  public func forEachResult<State, Result: Codable & Sendable>(
    with makeState: @Sendable () throws -> State, _ f: @Sendable (inout State, Base.Element) throws -> Result,
    order: ResultOrder = .index, _ consume: (_ index: Int, _ result: Result) throws -> Void,
    fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column
  ) throws {
    let place = Place(fileID: fileID, line: line, column: column)
    try withThreadStates(makeState) { states in
      try streamed(.forEachResult, place, states, order, { state, item, _ in try f(&state, item) }, consume)
    }
  }

  /// Computes one value per element, and calls `consume` with each.
  @inlinable
  @inline(__always)
  func streamed<States: KernelStates, Result: Codable & Sendable>(
    _ verb: Verb, _ place: Place, _ states: States, _ order: ResultOrder,
    _ f: @Sendable (inout States.State, Base.Element, Int) throws -> Result, _ consume: (Int, Result) throws -> Void
  ) throws {
    try withWork(place) { work in
      try runStream(
        work, verb, order,
        { input, output, first, limits in computeChunk(states, input, output, first, limits, f) },
        { batch, note in try batch.forEach(consume, note: note) })
    }
  }
}

extension Verb {
  @usableFromInline static var forEachResult: Verb { Verb("forEachResult", to: .nowhere, consumesResults: true) }
}
