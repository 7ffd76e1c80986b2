import SeppoCompute

extension Parallel {
  /// What `map` gives, computed by all ranks, on every rank.
  ///
  /// ```swift
  /// let roots = try numbers.parallel(threads: 4).map { $0.squareRoot() }
  /// ```
  ///
  /// - Parameter f: run once for each element, on any rank, on a thread of its own. It captures values only.
  /// - Returns: the results in the order of rank 0's elements, the same on every rank.
  /// - Throws: `SeppoError` on every rank: `itemThrew` for the lowest index at which `f` throws, `itemsDiffer` where the
  ///   ranks have other elements, `diverged` where they are not all in this call.
  /// - Note: where the main actor is the module's default isolation, declare a `nonisolated struct` and `nonisolated func`.
  @inlinable
  public func map<Result: Codable & Sendable>(
    _ f: @Sendable (Base.Element) throws -> Result, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> [Result] {
    try mapped(Verb("mapParallel", to: .everyRank), Place(fileID: fileID, line: line, column: column), f)?.values ?? []
  }

  /// A value for each element.
  @inlinable
  func mapped<Value: Codable & Sendable>(
    _ verb: Verb, _ place: Place, _ f: @Sendable (Base.Element) throws -> Value
  ) throws -> MapOutput<Value>? {
    try withWork(place) { work in
      try runMap(work, Value.self, verb) { input, output, first, limits in
        computeChunk(input, output, first, limits, f)
      }
    }
  }
}

extension ParallelAtRoot {
  /// What `map` gives, computed by all ranks, on rank 0.
  ///
  /// - Throws: as ``Parallel/map(_:fileID:line:column:)``, on every rank.
  @inlinable
  @discardableResult
  public func map<Result: Codable & Sendable>(
    _ f: @Sendable (Base.Element) throws -> Result, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> AtRoot<[Result]> {
    AtRoot(
      try parallel.mapped(Verb("map", to: .root), Place(fileID: fileID, line: line, column: column), f)?.values)
  }
}
