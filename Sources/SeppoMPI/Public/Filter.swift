import SeppoCompute

extension Parallel {
  /// Returns an array with the elements that satisfy the predicate, which all ranks evaluate. Every rank gets the whole
  /// array, in order.
  ///
  /// ```swift
  /// let stable = try orbits.parallel().filter { orbit in isStable(orbit, years: 1_000_000) }
  /// ```
  ///
  /// Ranks send the positions of the elements, not the elements: each rank picks from its own collection. The elements
  /// of an ``AtRoot`` are picked by rank 0 and then sent to every rank. The elements of a sequence that is drawn on rank 0
  /// are sent back if they satisfy the predicate.
  ///
  /// - Parameter isIncluded: As `f` of ``map(_:fileID:line:column:)``.
  /// - Returns: The elements in their order, the same on every rank.
  /// - Throws: As ``map(_:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  public func filter(
    _ isIncluded: @Sendable (Base.Element) throws -> Bool, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> [Base.Element] {
    try filtered(to: .everyRank, Place(fileID: fileID, line: line, column: column), isIncluded) ?? []
  }

  @inlinable
  @inline(__always)
  func filtered(
    to destination: Verb.Destination, _ place: Place, _ isIncluded: @Sendable (Base.Element) throws -> Bool
  ) throws -> [Base.Element]? {
    // Of elements that no rank keeps, those that are included are sent back.
    if Work.isDrawn(Base.self) {
      let verb = Verb("filter", to: destination, mostBlocks: options.mostBlocks)
      return try joinedParts(verb, place, NoStates()) { kept, _, element, _ in
        if try isIncluded(element) { kept.append(element) }
      }
    }
    return try pickParts("filter", to: destination, place) { input, output, first, limits in
      computeBlocks(NoStates(), input, output, first, limits) {
        (_, items: UnsafeBufferPointer<Base.Element>, _, done) in
        // 32 bits are enough for any collection that fits into memory: a block is at most its 16,384th part.
        var offsets: [UInt32] = []
        for item in items {
          if try isIncluded(item) { offsets.append(UInt32(done)) }
          done += 1
        }
        return offsets
      }
    }
  }
}

extension ParallelAtRoot {
  /// Returns an array with the elements that satisfy the predicate, which all ranks evaluate, on rank 0 only; see
  /// ``Parallel/filter(_:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  @discardableResult
  public func filter(
    _ isIncluded: @Sendable (Base.Element) throws -> Bool, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> AtRoot<[Base.Element]> {
    AtRoot(try parallel.filtered(to: .root, Place(fileID: fileID, line: line, column: column), isIncluded))
  }
}
