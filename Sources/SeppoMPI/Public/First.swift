import SeppoCompute

extension Parallel {
  /// Returns the first element that satisfies the predicate, which all ranks evaluate; nil if there is none. Every rank
  /// gets it.
  ///
  /// ```swift
  /// let collision = try trajectories.parallel().first { trajectory in hits(trajectory, target) }
  /// ```
  ///
  /// When a rank finds an element, no rank starts a later one. Earlier ones are finished, because the lowest index
  /// counts. Elements after the first one may have been evaluated too; their errors are ignored.
  ///
  /// - Parameter predicate: As `f` of ``map(_:fileID:line:column:)``.
  /// - Throws: As ``map(_:fileID:line:column:)``, but only if the predicate throws for an element before the first that
  ///   satisfies it.
  @inlinable
  @inline(__always)
  public func first(
    where predicate: @Sendable (Base.Element) throws -> Bool, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> Base.Element? {
    try first(to: .everyRank, Place(fileID: fileID, line: line, column: column), predicate) ?? nil
  }

  /// The inner optional is nil if no element is found, the outer one on ranks that don't get the result.
  @inlinable
  @inline(__always)
  func first(
    to destination: Verb.Destination, _ place: Place, _ predicate: @Sendable (Base.Element) throws -> Bool
  ) throws -> Base.Element?? {
    if Work.isDrawn(Base.self) { return try firstDrawn(to: destination, place, predicate) }
    return try pickOne("first", to: destination, place, mostBlocks: options.mostBlocks, isSearch: true) {
      _, found, next in
      if found < 0 { found = next }
    } kernel: { input, output, first, limits in
      searchBlocks(input, output, first, limits, predicate, none: -1) { _, index in index }
    }
  }

  /// As `first`, for elements that no rank keeps.
  @inlinable
  @inline(__always)
  func firstDrawn(
    to destination: Verb.Destination, _ place: Place, _ predicate: @Sendable (Base.Element) throws -> Bool
  ) throws -> Base.Element?? {
    let verb = Verb("first", to: destination, mostBlocks: options.mostBlocks, mayEndEarly: true)
    return try foldKernel(verb, place, from: Base.Element?.none, isDecisive: { $0 != nil }) { found, next in
      if found == nil { found = next }
    } kernel: { input, output, first, limits in
      searchBlocks(input, output, first, limits, predicate, none: Base.Element?.none) { element, _ in element }
    }
  }
}

extension ParallelAtRoot {
  /// Returns the first element that satisfies the predicate, which all ranks evaluate, on rank 0 only; see
  /// ``Parallel/first(where:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  @discardableResult
  public func first(
    where predicate: @Sendable (Base.Element) throws -> Bool, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> AtRoot<Base.Element?> {
    AtRoot(try parallel.first(to: .root, Place(fileID: fileID, line: line, column: column), predicate))
  }
}
