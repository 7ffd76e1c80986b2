import SeppoCompute

extension Parallel {
  /// Returns an array with the `Result` of each element: the value of `f`, or the error with which the item failed. All
  /// ranks compute it. Every rank gets the whole array, in order.
  ///
  /// ```swift
  /// for (molecule, result) in zip(molecules, try molecules.parallel(retries: 1).mapResults(dock)) {
  ///   switch result {
  ///   case .success(let energy): print(molecule.name, energy)
  ///   case .failure(let error): print(molecule.name, error)
  ///   }
  /// }
  /// ```
  ///
  /// An error thrown by `f` arrives as `SeppoError.itemThrew`. If it is `Codable`, ``ItemError/thrown(as:)`` returns
  /// it.
  ///
  /// - Parameter f: As for ``map(_:fileID:line:column:)``. If it throws for one element, the others are still computed.
  /// - Returns: Values and errors in the order of rank 0's elements, the same on every rank.
  /// - Throws: `SeppoError` if the map itself fails, for example because the ranks are not all in this call.
  @inlinable
  @inline(__always)
  public func mapResults<Value: Codable & Sendable>(
    _ f: @Sendable (Base.Element) throws -> Value, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> [Result<Value, SeppoError>] {
    let place = Place(fileID: fileID, line: line, column: column)
    return try mapped(.mapResults(to: .everyRank), place, f)?.results ?? []
  }
}

extension ParallelAtRoot {
  /// Returns an array with the `Result` of each element, computed by all ranks, on rank 0 only: the value of `f`, or
  /// the error with which the item failed.
  ///
  /// - Throws: As ``Parallel/mapResults(_:fileID:line:column:)``, on every rank.
  @inlinable
  @inline(__always)
  @discardableResult
  public func mapResults<Value: Codable & Sendable>(
    _ f: @Sendable (Base.Element) throws -> Value, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> AtRoot<[Result<Value, SeppoError>]> {
    let place = Place(fileID: fileID, line: line, column: column)
    return AtRoot(try parallel.mapped(.mapResults(to: .root), place, f)?.results)
  }
}

extension Verb {
  @usableFromInline
  static func mapResults(to destination: Destination) -> Verb {
    Verb("mapResults", to: destination, keepsFailures: true)
  }
}
