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
    return try mapReduced("mapReduce", to: .everyRank, place, initial, f, combine) ?? initial
  }

  // The kernels are literals that call `f` themselves: so it is inlined into their loop.
  @inlinable
  @inline(__always)
  func mapReduced<Value: Codable & Sendable>(
    _ name: String, to destination: Verb.Destination, _ place: Place, _ initial: Value,
    _ f: @Sendable (Base.Element) throws -> Value, _ combine: @Sendable (Value, Value) throws -> Value
  ) throws -> Value? {
    try foldKernel(Verb(name, to: destination, mostBlocks: 1 << 10), place, from: initial) {
      $0 = try combine($0, $1)
    } kernel: { input, output, first, limits in
      computeBlocks(NoStates(), input, output, first, limits) {
        (_, items: UnsafeBufferPointer<Base.Element>, _, done) in
        try combinedBlock(items, &done, { item, _ in try f(item) }, combine)
      }
    }
  }
}

extension SeededParallel {
  /// The same as ``Parallel/mapReduce(_:_:_:fileID:line:column:)``, with random numbers for each element.
  @inlinable
  @inline(__always)
  public func mapReduce<Value: Codable & Sendable>(
    _ initial: Value, _ f: @Sendable (Base.Element, inout ItemRandom) throws -> Value,
    _ combine: @Sendable (Value, Value) throws -> Value, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> Value {
    let place = Place(fileID: fileID, line: line, column: column)
    let verb = Verb("mapReduce", to: .everyRank, mostBlocks: 1 << 10).seeded
    let seed = parallel.seed
    return try parallel.foldKernel(verb, place, from: initial) {
      $0 = try combine($0, $1)
    } kernel: { input, output, first, limits in
      computeBlocks(NoStates(), input, output, first, limits) {
        (_, items: UnsafeBufferPointer<Base.Element>, index, done) in
        let first = index
        return try combinedBlock(
          items, &done,
          { item, offset in
            var random = ItemRandom(seed: seed, item: first + offset)
            return try f(item, &random)
          }, combine)
      }
    } ?? initial
  }
}

/// Combines the results of a block of items. A block starts with its first element, so that no neutral value is needed.
///
/// - Parameter f: gets an item and its place in the block.
@inlinable
@inline(__always)
func combinedBlock<Element, Value>(
  _ items: UnsafeBufferPointer<Element>, _ done: inout Int, _ f: (Element, Int) throws -> Value,
  _ combine: (Value, Value) throws -> Value
) throws -> Value {
  var value = try f(items[0], 0)
  done = 1
  while done < items.count {
    value = try combine(value, f(items[done], done))
    done += 1
  }
  return value
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
    return AtRoot(try parallel.mapReduced("mapReduce", to: .root, place, initial, f, combine))
  }
}
