extension Parallel {
  /// Returns the largest element, found by all ranks; nil if there are no elements. Every rank gets it.
  ///
  /// ```swift
  /// let farthest = try stars.parallel().max { $0.distance < $1.distance }
  /// ```
  ///
  /// `areInIncreasingOrder` is called about once for each element. If it takes long because it computes something from
  /// them, map the elements first, and search the results.
  ///
  /// - Parameter areInIncreasingOrder: Returns whether its first argument is ordered before the second one.
  /// - Returns: The largest element, the first of several equal ones.
  /// - Throws: As ``map(_:fileID:line:column:)``; `SeppoError.mergeThrew` if `areInIncreasingOrder` throws on rank 0,
  ///   which compares the largest elements of at most 1,024 blocks.
  @inlinable
  @inline(__always)
  public func max(
    by areInIncreasingOrder: @Sendable (Base.Element, Base.Element) throws -> Bool, fileID: StaticString = #fileID,
    line: UInt = #line, column: UInt = #column
  ) throws -> Base.Element? {
    let place = Place(fileID: fileID, line: line, column: column)
    return try extreme("max", to: .everyRank, place) { try areInIncreasingOrder($1, $0) } ?? nil
  }
}

extension Parallel where Base.Element: Comparable {
  /// Returns the largest element, found by all ranks; nil if there are no elements. Every rank gets it; see
  /// ``max(by:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  public func max(fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column) throws -> Base.Element? {
    try max(by: { $0 < $1 }, fileID: fileID, line: line, column: column)
  }
}

extension ParallelAtRoot {
  /// Returns the largest element, found by all ranks, on rank 0 only; see ``Parallel/max(by:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  @discardableResult
  public func max(
    by areInIncreasingOrder: @Sendable (Base.Element, Base.Element) throws -> Bool, fileID: StaticString = #fileID,
    line: UInt = #line, column: UInt = #column
  ) throws -> AtRoot<Base.Element?> {
    let place = Place(fileID: fileID, line: line, column: column)
    return AtRoot(try parallel.extreme("max", to: .root, place) { try areInIncreasingOrder($1, $0) })
  }
}

extension ParallelAtRoot where Base.Element: Comparable {
  /// Returns the largest element, found by all ranks, on rank 0 only; see ``Parallel/max(by:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  @discardableResult
  public func max(fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column) throws -> AtRoot<
    Base.Element?
  > {
    try max(by: { $0 < $1 }, fileID: fileID, line: line, column: column)
  }
}
