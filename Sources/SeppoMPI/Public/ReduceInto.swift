import SeppoCompute

extension Parallel {
  /// Returns the result of combining the elements with `update`, computed by all ranks. Every rank gets it.
  ///
  /// ```swift
  /// let counts = try words.parallel().reduce(into: [:], { $0[$1, default: 0] += 1 }, merge: { $0.merge($1, uniquingKeysWith: +) })
  /// ```
  ///
  /// The elements are divided into at most 1,024 blocks of neighbours, by their count alone. Each block starts with a
  /// copy of `initial`. Rank 0 merges the values of the blocks in order. The result is therefore the same, to the last
  /// bit, for any number of ranks, threads and chunks. A sum of floating-point numbers may differ in its last bits from
  /// that of `Sequence.reduce`, which has no blocks. `retries:` repeats a whole block; `timeout:` allows a block this
  /// time for each of its elements.
  ///
  /// - Parameters:
  ///   - initial: A neutral value: merged into another value, it must not change it. Examples are 0 for a sum and `[:]`
  ///     for counts.
  ///   - update: Adds an element to the value of a block.
  ///   - merge: Merges the value of a later block into that of an earlier one. Must be associative.
  /// - Returns: The combined value; `initial` if there are no elements.
  /// - Throws: As ``map(_:fileID:line:column:)``; `SeppoError.badOption` if `initial` is found not to be neutral;
  ///   `SeppoError.mergeThrew` if `merge` throws.
  @inlinable
  @inline(__always)
  public func reduce<Value: Codable & Sendable>(
    into initial: Value, _ update: @Sendable (inout Value, Base.Element) throws -> Void,
    merge: (inout Value, Value) throws -> Void, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> Value {
    try reduced(to: .everyRank, Place(fileID: fileID, line: line, column: column), initial, update, merge) ?? initial
  }

  @inlinable
  @inline(__always)
  func reduced<Value: Codable & Sendable>(
    to destination: Verb.Destination, _ place: Place, _ initial: Value,
    _ update: @Sendable (inout Value, Base.Element) throws -> Void, _ merge: (inout Value, Value) throws -> Void
  ) throws -> Value? {
    try foldKernel(
      Verb("reduce", to: destination, mostBlocks: 1 << 10), place, from: initial, isNeutral: true, merge: merge
    ) { input, output, first, limits in
      computeBlocks(NoStates(), input, output, first, limits) {
        (_, items: UnsafeBufferPointer<Base.Element>, _, done) in
        var value = initial
        for item in items {
          try update(&value, item)
          done += 1
        }
        return value
      }
    }
  }
}

extension ParallelAtRoot {
  /// Returns the result of combining the elements, computed by all ranks, on rank 0 only; see
  /// ``Parallel/reduce(into:_:merge:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  @discardableResult
  public func reduce<Value: Codable & Sendable>(
    into initial: Value, _ update: @Sendable (inout Value, Base.Element) throws -> Void,
    merge: (inout Value, Value) throws -> Void, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> AtRoot<Value> {
    AtRoot(
      try parallel.reduced(to: .root, Place(fileID: fileID, line: line, column: column), initial, update, merge))
  }
}
