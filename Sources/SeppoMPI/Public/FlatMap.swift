import SeppoCompute

extension Parallel {
  /// Returns an array with the concatenated results of `f`, computed by all ranks. Every rank gets the whole array, in
  /// order.
  ///
  /// ```swift
  /// let peaks = try spectra.parallel().flatMap { spectrum in findPeaks(in: spectrum) }
  /// ```
  ///
  /// - Parameter f: As for ``map(_:fileID:line:column:)``. It returns any number of results for an element.
  /// - Returns: The results in the order of rank 0's elements, the same on every rank.
  /// - Throws: As ``map(_:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  public func flatMap<Result: Codable & Sendable>(
    _ f: @Sendable (Base.Element) throws -> [Result], fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> [Result] {
    try flatMapped(to: .everyRank, Place(fileID: fileID, line: line, column: column), f) ?? []
  }

  @inlinable
  @inline(__always)
  func flatMapped<Result: Codable & Sendable>(
    to destination: Verb.Destination, _ place: Place, _ f: @Sendable (Base.Element) throws -> [Result]
  ) throws -> [Result]? {
    let verb = Verb("flatMap", to: destination, mostBlocks: options.mostBlocks)
    return try joinedParts(verb, place, NoStates()) { results, _, item, _ in results += try f(item) }
  }
}

extension ParallelAtRoot {
  /// Returns an array with the concatenated results of `f`, computed by all ranks, on rank 0 only; see
  /// ``Parallel/flatMap(_:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  @discardableResult
  public func flatMap<Result: Codable & Sendable>(
    _ f: @Sendable (Base.Element) throws -> [Result], fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> AtRoot<[Result]> {
    AtRoot(try parallel.flatMapped(to: .root, Place(fileID: fileID, line: line, column: column), f))
  }
}
