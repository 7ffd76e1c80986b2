extension Parallel {
  /// Returns an array with the non-`nil` results of `f`, computed by all ranks. Every rank gets the whole array, in
  /// order.
  ///
  /// ```swift
  /// let periods = try lightCurves.parallel().compactMap { curve in transitPeriod(of: curve) }
  /// ```
  ///
  /// Only non-`nil` results are sent and take memory.
  ///
  /// - Parameter f: As for ``map(_:fileID:line:column:)``.
  /// - Returns: The results in the order of rank 0's elements, the same on every rank.
  /// - Throws: As ``map(_:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  public func compactMap<Result: Codable & Sendable>(
    _ f: @Sendable (Base.Element) throws -> Result?, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> [Result] {
    try compactMapped(to: .everyRank, Place(fileID: fileID, line: line, column: column), f) ?? []
  }

  @inlinable
  @inline(__always)
  func compactMapped<Result: Codable & Sendable>(
    to destination: Verb.Destination, _ place: Place, _ f: @Sendable (Base.Element) throws -> Result?
  ) throws -> [Result]? {
    try joinedParts("compactMap", to: destination, place) { results, item in
      if let result = try f(item) { results.append(result) }
    }
  }
}

extension ParallelAtRoot {
  /// Returns an array with the non-`nil` results of `f`, computed by all ranks, on rank 0 only; see
  /// ``Parallel/compactMap(_:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  @discardableResult
  public func compactMap<Result: Codable & Sendable>(
    _ f: @Sendable (Base.Element) throws -> Result?, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> AtRoot<[Result]> {
    AtRoot(try parallel.compactMapped(to: .root, Place(fileID: fileID, line: line, column: column), f))
  }
}
