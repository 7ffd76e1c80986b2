import SeppoCompute

extension SeededParallel {
  /// The same as ``Parallel/map(with:_:fileID:line:column:)``, with random numbers for each element.
  ///
  /// ```swift
  /// let chains = try starts.parallel(seed: 42).map(with: { Workspace() }) { workspace, start, random in
  ///   workspace.chain(from: start, using: &random)
  /// }
  /// ```
  @inlinable
  public func map<State, Result: Codable & Sendable>(
    with makeState: @Sendable () throws -> State,
    _ f: @Sendable (inout State, Base.Element, inout ItemRandom) throws -> Result, fileID: StaticString = #fileID,
    line: UInt = #line, column: UInt = #column
  ) throws -> [Result] {
    let place = Place(fileID: fileID, line: line, column: column)
    return try withThreadStates(makeState) { states in
      try parallel.mappedRandomly(.map(to: .everyRank), place, states, f)?.values ?? []
    }
  }

  /// The same as ``Parallel/mapResults(with:_:fileID:line:column:)``, with random numbers for each element.
  @inlinable
  public func mapResults<State, Value: Codable & Sendable>(
    with makeState: @Sendable () throws -> State,
    _ f: @Sendable (inout State, Base.Element, inout ItemRandom) throws -> Value, fileID: StaticString = #fileID,
    line: UInt = #line, column: UInt = #column
  ) throws -> [Result<Value, SeppoError>] {
    let place = Place(fileID: fileID, line: line, column: column)
    return try withThreadStates(makeState) { states in
      try parallel.mappedRandomly(.mapResults(to: .everyRank), place, states, f)?.results ?? []
    }
  }

  /// The same as ``Parallel/compactMap(with:_:fileID:line:column:)``, with random numbers for each element.
  @inlinable
  public func compactMap<State, Result: Codable & Sendable>(
    with makeState: @Sendable () throws -> State,
    _ f: @Sendable (inout State, Base.Element, inout ItemRandom) throws -> Result?, fileID: StaticString = #fileID,
    line: UInt = #line, column: UInt = #column
  ) throws -> [Result] {
    let place = Place(fileID: fileID, line: line, column: column)
    return try withThreadStates(makeState) { states in
      try parallel.compactMappedRandomly(.compactMap(to: .everyRank, parallel.options), place, states, f) ?? []
    }
  }

  /// The same as ``Parallel/forEach(with:_:fileID:line:column:)``, with random numbers for each element.
  @inlinable
  public func forEach<State>(
    with makeState: @Sendable () throws -> State,
    _ f: @Sendable (inout State, Base.Element, inout ItemRandom) throws -> Void, fileID: StaticString = #fileID,
    line: UInt = #line, column: UInt = #column
  ) throws {
    let place = Place(fileID: fileID, line: line, column: column)
    try withThreadStates(makeState) { states in
      try parallel.visitRandomly(.forEach(parallel.options), place, states, f)
    }
  }
}

extension SeededParallelAtRoot {
  /// The same as ``SeededParallel/map(with:_:fileID:line:column:)``, with results on rank 0 only.
  @inlinable
  @discardableResult
  public func map<State, Result: Codable & Sendable>(
    with makeState: @Sendable () throws -> State,
    _ f: @Sendable (inout State, Base.Element, inout ItemRandom) throws -> Result, fileID: StaticString = #fileID,
    line: UInt = #line, column: UInt = #column
  ) throws -> AtRoot<[Result]> {
    let place = Place(fileID: fileID, line: line, column: column)
    return AtRoot(
      try withThreadStates(makeState) { states in
        try parallel.mappedRandomly(.map(to: .root), place, states, f)?.values
      })
  }

  /// The same as ``SeededParallel/mapResults(with:_:fileID:line:column:)``, with results on rank 0 only.
  @inlinable
  @discardableResult
  public func mapResults<State, Value: Codable & Sendable>(
    with makeState: @Sendable () throws -> State,
    _ f: @Sendable (inout State, Base.Element, inout ItemRandom) throws -> Value, fileID: StaticString = #fileID,
    line: UInt = #line, column: UInt = #column
  ) throws -> AtRoot<[Result<Value, SeppoError>]> {
    let place = Place(fileID: fileID, line: line, column: column)
    return AtRoot(
      try withThreadStates(makeState) { states in
        try parallel.mappedRandomly(.mapResults(to: .root), place, states, f)?.results
      })
  }

  /// The same as ``SeededParallel/compactMap(with:_:fileID:line:column:)``, with results on rank 0 only.
  @inlinable
  @discardableResult
  public func compactMap<State, Result: Codable & Sendable>(
    with makeState: @Sendable () throws -> State,
    _ f: @Sendable (inout State, Base.Element, inout ItemRandom) throws -> Result?, fileID: StaticString = #fileID,
    line: UInt = #line, column: UInt = #column
  ) throws -> AtRoot<[Result]> {
    let place = Place(fileID: fileID, line: line, column: column)
    return AtRoot(
      try withThreadStates(makeState) { states in
        try parallel.compactMappedRandomly(.compactMap(to: .root, parallel.options), place, states, f)
      })
  }
}
