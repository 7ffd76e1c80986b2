import SeppoCompute

extension Parallel {
  /// Returns an array with the non-`nil` results of `f`, computed by all ranks. Every rank gets the whole array, in
  /// order.
  ///
  /// ```swift
  /// let periods = try lightCurves.parallel().compactMap { curve in transitPeriod(of: curve) }
  /// ```
  ///
  /// Only non-`nil` results are sent and take memory.
  ///
  /// - Parameter f: As for ``map(_:fileID:line:column:)``.
  /// - Returns: The results in the order of rank 0's elements, the same on every rank.
  /// - Throws: As ``map(_:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  public func compactMap<Result: Codable & Sendable>(
    _ f: @Sendable (Base.Element) throws -> Result?, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> [Result] {
    let place = Place(fileID: fileID, line: line, column: column)
    return try compactMapped(.compactMap(to: .everyRank, options), place, f) ?? []
  }

  /// Computes the values of blocks that are not `nil`, and joins them.
  ///
  /// Not by the other function, for the reason given at `mapped`.
  @inlinable
  @inline(__always)
  func compactMapped<Result: Codable & Sendable>(
    _ verb: Verb, _ place: Place, _ f: @Sendable (Base.Element) throws -> Result?
  ) throws -> [Result]? {
    let parts = try runKernel(verb, place, [Result].self) { input, output, first, limits in
      computeBlocks(NoStates(), input, output, first, limits) {
        (_, items: UnsafeBufferPointer<Base.Element>, _, done) in
        var part: [Result] = []
        for item in items {
          if let result = try f(item) { part.append(result) }
          done += 1
        }
        return part
      }
    }
    return parts.map { joined($0.values) }
  }

  /// Computes the values of blocks that are not `nil`, with a state of the thread, and joins them.
  @inlinable
  @inline(__always)
  func compactMapped<States: KernelStates, Result: Codable & Sendable>(
    _ verb: Verb, _ place: Place, _ states: States,
    _ f: @Sendable (inout States.State, Base.Element, Int) throws -> Result?
  ) throws -> [Result]? {
    try joinedParts(verb, place, states) { results, state, item, index in
      if let result = try f(&state, item, index) { results.append(result) }
    }
  }
}

extension ParallelAtRoot {
  /// Returns an array with the non-`nil` results of `f`, computed by all ranks, on rank 0 only; see
  /// ``Parallel/compactMap(_:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  @discardableResult
  public func compactMap<Result: Codable & Sendable>(
    _ f: @Sendable (Base.Element) throws -> Result?, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> AtRoot<[Result]> {
    let place = Place(fileID: fileID, line: line, column: column)
    return AtRoot(try parallel.compactMapped(.compactMap(to: .root, parallel.options), place, f))
  }
}

extension Verb {
  @usableFromInline
  static func compactMap(to destination: Destination, _ options: ParallelOptions) -> Verb {
    Verb("compactMap", to: destination, mostBlocks: options.mostBlocks)
  }
}
