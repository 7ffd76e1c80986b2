import SeppoCompute

extension Parallel {
  /// Returns whether an element satisfies the predicate, which all ranks evaluate. Every rank gets the answer.
  ///
  /// ```swift
  /// let isUnstable = try orbits.parallel().contains { orbit in escapes(orbit) }
  /// ```
  ///
  /// It ends early, as ``first(where:fileID:line:column:)``.
  ///
  /// - Throws: As ``first(where:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  public func contains(
    where predicate: @Sendable (Base.Element) throws -> Bool, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> Bool {
    try contains("contains", to: .everyRank, Place(fileID: fileID, line: line, column: column), predicate) ?? false
  }

  @inlinable
  @inline(__always)
  func contains(
    _ name: String, to destination: Verb.Destination, _ place: Place,
    _ predicate: @Sendable (Base.Element) throws -> Bool
  ) throws -> Bool? {
    let verb = Verb(name, to: destination, mostBlocks: options.mostBlocks, mayEndEarly: true)
    return try foldKernel(verb, place, from: -1, isDecisive: { $0 >= 0 }) { found, next in
      if found < 0 { found = next }
    } kernel: { input, output, first, limits in
      searchBlocks(input, output, first, limits, predicate, none: -1) { _, index in index }
    }.map { $0 >= 0 }
  }
}

extension ParallelAtRoot {
  /// Returns whether an element satisfies the predicate, which all ranks evaluate, on rank 0 only; see
  /// ``Parallel/contains(where:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  @discardableResult
  public func contains(
    where predicate: @Sendable (Base.Element) throws -> Bool, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> AtRoot<Bool> {
    let place = Place(fileID: fileID, line: line, column: column)
    return AtRoot(try parallel.contains("contains", to: .root, place, predicate))
  }
}
