extension Parallel {
  /// Returns the result of combining the elements, computed by all ranks. Every rank gets it.
  ///
  /// ```swift
  /// let total = try masses.parallel().reduce(0, +)
  /// ```
  ///
  /// It is ``mapReduce(_:_:_:fileID:line:column:)`` without a function: the grouping is the same. To combine elements
  /// into a value of another type, use that or ``reduce(into:_:merge:fileID:line:column:)``.
  ///
  /// - Parameters:
  ///   - initial: Counts once, before the first element. It need not be neutral.
  ///   - combine: Combines an element, or the value of several, with later ones. Must be associative.
  /// - Returns: The combined value; `initial` if there are no elements.
  /// - Throws: As ``mapReduce(_:_:_:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  public func reduce(
    _ initial: Base.Element, _ combine: @Sendable (Base.Element, Base.Element) throws -> Base.Element,
    fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column
  ) throws -> Base.Element {
    let place = Place(fileID: fileID, line: line, column: column)
    return try mapReduced("reduce", to: .everyRank, place, initial, { $0 }, combine) ?? initial
  }
}

extension ParallelAtRoot {
  /// Returns the result of combining the elements, computed by all ranks, on rank 0 only; see
  /// ``Parallel/reduce(_:_:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  @discardableResult
  public func reduce(
    _ initial: Base.Element, _ combine: @Sendable (Base.Element, Base.Element) throws -> Base.Element,
    fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column
  ) throws -> AtRoot<Base.Element> {
    let place = Place(fileID: fileID, line: line, column: column)
    return AtRoot(try parallel.mapReduced("reduce", to: .root, place, initial, { $0 }, combine))
  }
}
