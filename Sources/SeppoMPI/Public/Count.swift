import SeppoCompute

extension Parallel {
  /// Returns the number of elements that satisfy the predicate, which all ranks evaluate. Every rank gets it.
  ///
  /// ```swift
  /// let hits = try (0..<100_000_000).parallel().count { isInCircle($0) }
  /// ```
  ///
  /// - Parameter predicate: As `f` of ``map(_:fileID:line:column:)``.
  /// - Throws: As ``map(_:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  public func count(
    where predicate: @Sendable (Base.Element) throws -> Bool, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> Int {
    try counted(to: .everyRank, Place(fileID: fileID, line: line, column: column), predicate) ?? 0
  }

  @inlinable
  @inline(__always)
  func counted(
    to destination: Verb.Destination, _ place: Place, _ predicate: @Sendable (Base.Element) throws -> Bool
  ) throws -> Int? {
    try foldKernel(Verb("count", to: destination, mostBlocks: options.mostBlocks), place, from: 0) {
      $0 += $1
    } kernel: { input, output, first, limits in
      computeBlocks(NoStates(), input, output, first, limits) {
        (_, items: UnsafeBufferPointer<Base.Element>, _, done) in
        var count = 0
        for item in items {
          if try predicate(item) { count += 1 }
          done += 1
        }
        return count
      }
    }
  }
}

extension ParallelAtRoot {
  /// Returns the number of elements that satisfy the predicate, which all ranks evaluate, on rank 0 only; see
  /// ``Parallel/count(where:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  @discardableResult
  public func count(
    where predicate: @Sendable (Base.Element) throws -> Bool, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> AtRoot<Int> {
    AtRoot(try parallel.counted(to: .root, Place(fileID: fileID, line: line, column: column), predicate))
  }
}
