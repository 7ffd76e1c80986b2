import SeppoCompute

extension Parallel {
  /// Every item's fate, computed by all ranks, on every rank: its result, or the error that it failed with.
  ///
  /// ```swift
  /// for (molecule, fate) in zip(molecules, try molecules.parallel(retries: 1).mapResults(dock)) {
  ///   switch fate {
  ///   case .success(let energy): …
  ///   case .failure(let error): …
  ///   }
  /// }
  /// ```
  ///
  /// An error that `f` threw arrives as `SeppoError.itemThrew`, and where it is `Codable`, ``ItemError/thrown(as:)`` gives
  /// it back.
  ///
  /// - Parameter f: as that of ``map(_:fileID:line:column:)``. What it throws for one item doesn't keep the others from being
  ///   computed.
  /// - Returns: results and errors in the order of rank 0's elements, the same on every rank.
  /// - Throws: `SeppoError` where the map itself fails, as by ranks that are not all in this call.
  @inlinable
  public func mapResults<Value: Codable & Sendable>(
    _ f: @Sendable (Base.Element) throws -> Value, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> [Result<Value, SeppoError>] {
    try mapped(
      Verb("mapResults", to: .everyRank, keepsFailures: true), Place(fileID: fileID, line: line, column: column), f
    )?.results ?? []
  }
}

extension ParallelAtRoot {
  /// Every item's fate, on rank 0: its result, or the error that it failed with.
  ///
  /// - Throws: as ``Parallel/mapResults(_:fileID:line:column:)``, on every rank.
  @inlinable
  @discardableResult
  public func mapResults<Value: Codable & Sendable>(
    _ f: @Sendable (Base.Element) throws -> Value, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> AtRoot<[Result<Value, SeppoError>]> {
    AtRoot(
      try parallel.mapped(
        Verb("mapResults", to: .root, keepsFailures: true), Place(fileID: fileID, line: line, column: column), f
      )?.results)
  }
}
