import SeppoCompute

extension Parallel {
  /// Returns what the elements come to when each is worked into a value, computed by all ranks, on every rank.
  ///
  /// ```swift
  /// let counts = try lines.parallel().reduce(into: [:], { $0[$1.first, default: 0] += 1 }, merge: { $0.merge($1, uniquingKeysWith: +) })
  /// ```
  ///
  /// The elements are grouped by their number alone, in at most 1,024 blocks of neighbours. Each block begins with a copy of
  /// `initial`; the blocks' values are merged in order, on rank 0. So the result is the same, to the last bit, for any
  /// number of ranks, threads and chunks. A sum of floating-point numbers may differ in its last bits from that of
  /// `Sequence`'s `reduce`, which doesn't group. With `retries:` a block is computed again, and with `timeout:` it has that
  /// time for each of its elements.
  ///
  /// - Parameters:
  ///   - initial: must be neutral: merged into a value, it doesn't change that, as 0 for a sum or `[:]` for counts.
  ///   - update: works an element into a value.
  ///   - merge: works a later block's value into an earlier one's; must be associative.
  /// - Returns: `initial` where there are no elements.
  /// - Throws: as ``map(_:fileID:line:column:)``; `SeppoError.badOption` where `initial` is found not to be neutral;
  ///   `SeppoError.mergeThrew` where `merge` throws.
  @inlinable
  public func reduce<Value: Codable & Sendable>(
    into initial: Value, _ update: @Sendable (inout Value, Base.Element) throws -> Void,
    merge: (inout Value, Value) throws -> Void, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> Value {
    try reduced(to: .everyRank, Place(fileID: fileID, line: line, column: column), initial, update, merge) ?? initial
  }

  @inlinable
  func reduced<Value: Codable & Sendable>(
    to destination: Verb.Destination, _ place: Place, _ initial: Value,
    _ update: @Sendable (inout Value, Base.Element) throws -> Void, _ merge: (inout Value, Value) throws -> Void
  ) throws -> Value? {
    try withWork(place) { work in
      try runFold(work, Verb("reduce", to: destination, mostBlocks: 1 << 10), neutral: initial, merge: merge) {
        input, output, first, limits in
        computeBlocks(input, output, first, limits) { (items: UnsafeBufferPointer<Base.Element>, done) in
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
}

extension ParallelAtRoot {
  /// Returns what the elements come to, on rank 0; see ``Parallel/reduce(into:_:merge:fileID:line:column:)``.
  @inlinable
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
