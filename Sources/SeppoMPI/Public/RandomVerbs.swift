import SeppoCompute

extension SeededParallel {
  /// Returns an array with the results of mapping `f` over the elements, computed by all ranks. `f` gets random numbers
  /// that depend on the seed and on the element's index alone.
  ///
  /// ```swift
  /// let walks = try (0..<10_000).parallel(seed: 42).map { _, random in walk(using: &random) }
  /// ```
  ///
  /// - Parameter f: As for ``Parallel/map(_:fileID:line:column:)``, with the generator of the element; see ``ItemRandom``.
  /// - Returns: As ``Parallel/map(_:fileID:line:column:)``: the same for any number of ranks, threads and chunks.
  /// - Throws: As ``Parallel/map(_:fileID:line:column:)``; `SeppoError.badOption` if the call has no seed; `diverged` if the
  ///   ranks have different seeds.
  @inlinable
  public func map<Result: Codable & Sendable>(
    _ f: @Sendable (Base.Element, inout ItemRandom) throws -> Result, fileID: StaticString = #fileID,
    line: UInt = #line, column: UInt = #column
  ) throws -> [Result] {
    let place = Place(fileID: fileID, line: line, column: column)
    let output = try parallel.mappedRandomly(.map(to: .everyRank), place, NoStates()) { _, item, random in
      try f(item, &random)
    }
    return output?.values ?? []
  }

  /// The same as ``Parallel/mapResults(_:fileID:line:column:)``, with random numbers for each element.
  @inlinable
  public func mapResults<Value: Codable & Sendable>(
    _ f: @Sendable (Base.Element, inout ItemRandom) throws -> Value, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> [Result<Value, SeppoError>] {
    let place = Place(fileID: fileID, line: line, column: column)
    let output = try parallel.mappedRandomly(.mapResults(to: .everyRank), place, NoStates()) { _, item, random in
      try f(item, &random)
    }
    return output?.results ?? []
  }

  /// The same as ``Parallel/compactMap(_:fileID:line:column:)``, with random numbers for each element.
  @inlinable
  public func compactMap<Result: Codable & Sendable>(
    _ f: @Sendable (Base.Element, inout ItemRandom) throws -> Result?, fileID: StaticString = #fileID,
    line: UInt = #line, column: UInt = #column
  ) throws -> [Result] {
    let place = Place(fileID: fileID, line: line, column: column)
    return try parallel.compactMappedRandomly(.compactMap(to: .everyRank, parallel.options), place, NoStates()) {
      _, item, random in
      try f(item, &random)
    } ?? []
  }

  /// The same as ``Parallel/forEach(_:fileID:line:column:)``, with random numbers for each element.
  @inlinable
  public func forEach(
    _ f: @Sendable (Base.Element, inout ItemRandom) throws -> Void, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws {
    let place = Place(fileID: fileID, line: line, column: column)
    try parallel.visitRandomly(.forEach(parallel.options), place, NoStates()) { _, item, random in try f(item, &random)
    }
  }
}

extension SeededParallel {
  /// The same as ``Parallel/forEachResult(_:order:_:fileID:line:column:)``, with random numbers for each element.
  @inlinable
  @inline(__always)
  public func forEachResult<Result: Codable & Sendable>(
    _ f: @Sendable (Base.Element, inout ItemRandom) throws -> Result, order: ResultOrder = .index,
    _ consume: (_ index: Int, _ result: Result) throws -> Void, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws {
    let place = Place(fileID: fileID, line: line, column: column)
    let seed = parallel.seed
    try parallel.streamed(
      .forEachResult.seeded, place, NoStates(), order,
      { _, item, index in
        var random = ItemRandom(seed: seed, item: index)
        return try f(item, &random)
      }, consume)
  }
}

extension SeededParallelAtRoot {
  /// The same as ``SeededParallel/map(_:fileID:line:column:)``, with results on rank 0 only.
  @inlinable
  @discardableResult
  public func map<Result: Codable & Sendable>(
    _ f: @Sendable (Base.Element, inout ItemRandom) throws -> Result, fileID: StaticString = #fileID,
    line: UInt = #line, column: UInt = #column
  ) throws -> AtRoot<[Result]> {
    let place = Place(fileID: fileID, line: line, column: column)
    let output = try parallel.mappedRandomly(.map(to: .root), place, NoStates()) { _, item, random in
      try f(item, &random)
    }
    return AtRoot(output?.values)
  }

  /// The same as ``SeededParallel/mapResults(_:fileID:line:column:)``, with results on rank 0 only.
  @inlinable
  @discardableResult
  public func mapResults<Value: Codable & Sendable>(
    _ f: @Sendable (Base.Element, inout ItemRandom) throws -> Value, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> AtRoot<[Result<Value, SeppoError>]> {
    let place = Place(fileID: fileID, line: line, column: column)
    let output = try parallel.mappedRandomly(.mapResults(to: .root), place, NoStates()) { _, item, random in
      try f(item, &random)
    }
    return AtRoot(output?.results)
  }

  /// The same as ``SeededParallel/compactMap(_:fileID:line:column:)``, with results on rank 0 only.
  @inlinable
  @discardableResult
  public func compactMap<Result: Codable & Sendable>(
    _ f: @Sendable (Base.Element, inout ItemRandom) throws -> Result?, fileID: StaticString = #fileID,
    line: UInt = #line, column: UInt = #column
  ) throws -> AtRoot<[Result]> {
    let place = Place(fileID: fileID, line: line, column: column)
    return AtRoot(
      try parallel.compactMappedRandomly(.compactMap(to: .root, parallel.options), place, NoStates()) {
        _, item, random in try f(item, &random)
      })
  }
}
