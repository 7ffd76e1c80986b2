import SeppoCompute

extension Parallel {
  /// Returns an array with the results of mapping `f` over the elements, computed by all ranks. Every rank gets the
  /// whole array, in order.
  ///
  /// ```swift
  /// let roots = try numbers.parallel(threads: 4).map { $0.squareRoot() }
  /// ```
  ///
  /// - Parameter f: Called once per element, on any rank, on a compute thread; in short calls that are repeated, on the
  ///   calling thread. It may capture values only.
  /// - Returns: The results in the order of rank 0's elements, the same on every rank.
  /// - Throws: `SeppoError` on every rank: `itemThrew` for the lowest index at which `f` throws, `itemsDiffer` if a
  ///   rank has other elements than rank 0, `diverged` if the ranks are not all in this call.
  /// - Note: If the module's default isolation is the main actor, declare `nonisolated struct` and `nonisolated func`.
  @inlinable
  @inline(__always)
  public func map<Result: Codable & Sendable>(
    _ f: @Sendable (Base.Element) throws -> Result, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> [Result] {
    let place = Place(fileID: fileID, line: line, column: column)
    return try mapped(.map(to: .everyRank), place, f)?.values ?? []
  }

  /// Computes one value per element.
  ///
  /// Not by the other function: with a closure around `f`, the compiler doesn't inline `f` into the loop, which then takes 3 ns
  /// more for an item.
  @inlinable
  @inline(__always)
  func mapped<Value: Codable & Sendable>(
    _ verb: Verb, _ place: Place, _ f: @Sendable (Base.Element) throws -> Value
  ) throws -> MapOutput<Value>? {
    try runKernel(verb, place, Value.self) { input, output, first, limits in
      computeChunk(NoStates(), input, output, first, limits) { _, item, _ in try f(item) }
    }
  }

  /// Computes one value per element, with a state of the thread.
  ///
  /// - Parameter f: gets the thread's state, the element, and its index.
  @inlinable
  @inline(__always)
  func mapped<States: KernelStates, Value: Codable & Sendable>(
    _ verb: Verb, _ place: Place, _ states: States,
    _ f: @Sendable (inout States.State, Base.Element, Int) throws -> Value
  ) throws -> MapOutput<Value>? {
    try runKernel(verb, place, Value.self) { input, output, first, limits in
      computeChunk(states, input, output, first, limits, f)
    }
  }
}

extension ParallelAtRoot {
  /// Returns an array with the results of mapping `f` over the elements, computed by all ranks, on rank 0 only.
  ///
  /// - Throws: As ``Parallel/map(_:fileID:line:column:)``, on every rank.
  @inlinable
  @inline(__always)
  @discardableResult
  public func map<Result: Codable & Sendable>(
    _ f: @Sendable (Base.Element) throws -> Result, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> AtRoot<[Result]> {
    let place = Place(fileID: fileID, line: line, column: column)
    return AtRoot(try parallel.mapped(.map(to: .root), place, f)?.values)
  }
}

extension Verb {
  @usableFromInline
  static func map(to destination: Destination) -> Verb {
    Verb(destination == .root ? "map" : "mapParallel", to: destination)
  }
}
