extension Parallel {
  /// Returns whether all elements satisfy the predicate, which all ranks evaluate. Every rank gets the answer.
  ///
  /// ```swift
  /// let haveConverged = try simulations.parallel().allSatisfy { $0.residual() < 1e-9 }
  /// ```
  ///
  /// It ends early, at the first element that doesn't, as ``first(where:fileID:line:column:)``.
  ///
  /// - Throws: As ``first(where:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  public func allSatisfy(
    _ predicate: @Sendable (Base.Element) throws -> Bool, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> Bool {
    let place = Place(fileID: fileID, line: line, column: column)
    return try contains("allSatisfy", to: .everyRank, place) { try !predicate($0) }.map { !$0 } ?? true
  }
}

extension ParallelAtRoot {
  /// Returns whether all elements satisfy the predicate, which all ranks evaluate, on rank 0 only; see
  /// ``Parallel/allSatisfy(_:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  @discardableResult
  public func allSatisfy(
    _ predicate: @Sendable (Base.Element) throws -> Bool, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> AtRoot<Bool> {
    let place = Place(fileID: fileID, line: line, column: column)
    return AtRoot(try parallel.contains("allSatisfy", to: .root, place) { try !predicate($0) }.map { !$0 })
  }
}
