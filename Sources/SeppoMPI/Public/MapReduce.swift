import SeppoCompute

extension Parallel {
  /// Returns the result of combining the results of `f`, computed by all ranks. Every rank gets it.
  ///
  /// ```swift
  /// let energy = try particles.parallel().mapReduce(0, { $0.mass * $0.speed * $0.speed / 2 }, +)
  /// ```
  ///
  /// The elements are divided into at most 1,024 blocks of neighbours, by their count alone. A rank combines the results
  /// of a block, from first to last. Rank 0 combines `initial` and the values of the blocks, in order. The result is
  /// therefore the same, to the last bit, for any number of ranks, threads and chunks; see also
  /// ``reduce(into:_:merge:fileID:line:column:)``.
  ///
  /// - Parameters:
  ///   - initial: Counts once, before the result of the first element. It need not be neutral.
  ///   - f: As for ``map(_:fileID:line:column:)``.
  ///   - combine: Combines a value with that of later elements. Must be associative.
  /// - Returns: The combined value; `initial` if there are no elements.
  /// - Throws: As ``map(_:fileID:line:column:)``. An error of `combine` is an `itemThrew` within a block, and
  ///   `SeppoError.mergeThrew` between blocks.
  @inlinable
  @inline(__always)
  public func mapReduce<Value: Codable & Sendable>(
    _ initial: Value, _ f: @Sendable (Base.Element) throws -> Value,
    _ combine: @Sendable (Value, Value) throws -> Value, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> Value {
    let place = Place(fileID: fileID, line: line, column: column)
    let verb = Verb("mapReduce", to: .everyRank, mostBlocks: 1 << 10)
    return try mapReduced(verb, place, NoStates(), initial, { _, item, _ in try f(item) }, combine) ?? initial
  }

  @inlinable
  @inline(__always)
  func mapReduced<States: KernelStates, Value: Codable & Sendable>(
    _ verb: Verb, _ place: Place, _ states: States, _ initial: Value,
    _ f: @Sendable (inout States.State, Base.Element, Int) throws -> Value,
    _ combine: @Sendable (Value, Value) throws -> Value
  ) throws -> Value? {
    try foldKernel(verb, place, from: initial) {
      $0 = try combine($0, $1)
    } kernel: { input, output, first, limits in
      computeBlocks(states, input, output, first, limits) {
        (state, items: UnsafeBufferPointer<Base.Element>, index, done) in
        // A block starts with its first element, so that no neutral value is needed.
        var value = try f(&state, items[0], index)
        done = 1
        while done < items.count {
          value = try combine(value, f(&state, items[done], index + done))
          done += 1
        }
        return value
      }
    }
  }
}

extension ParallelAtRoot {
  /// Returns the result of combining the results of `f`, computed by all ranks, on rank 0 only; see
  /// ``Parallel/mapReduce(_:_:_:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  @discardableResult
  public func mapReduce<Value: Codable & Sendable>(
    _ initial: Value, _ f: @Sendable (Base.Element) throws -> Value,
    _ combine: @Sendable (Value, Value) throws -> Value, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> AtRoot<Value> {
    let place = Place(fileID: fileID, line: line, column: column)
    let verb = Verb("mapReduce", to: .root, mostBlocks: 1 << 10)
    return AtRoot(
      try parallel.mapReduced(verb, place, NoStates(), initial, { _, item, _ in try f(item) }, combine))
  }
}
