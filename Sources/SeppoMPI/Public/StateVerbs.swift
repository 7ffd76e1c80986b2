import SeppoCompute

extension Parallel {
  /// Returns an array with the results of mapping `f` over the elements, computed by all ranks. `f` gets a mutable state
  /// that belongs to its thread: a scratch buffer, a plan, a connection.
  ///
  /// ```swift
  /// let spectra = try signals.parallel().map(with: { FourierPlan(size: 1_024) }) { plan, signal in plan.spectrum(of: signal) }
  /// ```
  ///
  /// - Parameters:
  ///   - makeState: Makes a state. Called on each thread that computes elements, when its first element is due: at most
  ///     once per thread and call, unless it throws. Its error is that of the element. The state need not be `Sendable`
  ///     or `Codable`. It is released when the call ends.
  ///   - f: Called once per element, with the state of the thread. Its result must not depend on the elements that the
  ///     thread has computed before.
  /// - Returns: As ``map(_:fileID:line:column:)``.
  /// - Throws: As ``map(_:fileID:line:column:)``.
  @inlinable
  public func map<State, Result: Codable & Sendable>(
    with makeState: @Sendable () throws -> State, _ f: @Sendable (inout State, Base.Element) throws -> Result,
    fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column
  ) throws -> [Result] {
    let place = Place(fileID: fileID, line: line, column: column)
    return try withThreadStates(makeState) { states in
      try mapped(.map(to: .everyRank), place, states) { state, item, _ in try f(&state, item) }?.values ?? []
    }
  }

  /// The same as ``mapResults(_:fileID:line:column:)``, with a state per thread; see ``map(with:_:fileID:line:column:)``.
  @inlinable
  public func mapResults<State, Value: Codable & Sendable>(
    with makeState: @Sendable () throws -> State, _ f: @Sendable (inout State, Base.Element) throws -> Value,
    fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column
  ) throws -> [Result<Value, SeppoError>] {
    let place = Place(fileID: fileID, line: line, column: column)
    return try withThreadStates(makeState) { states in
      try mapped(.mapResults(to: .everyRank), place, states) { state, item, _ in try f(&state, item) }?.results ?? []
    }
  }

  /// The same as ``compactMap(_:fileID:line:column:)``, with a state per thread; see ``map(with:_:fileID:line:column:)``.
  @inlinable
  public func compactMap<State, Result: Codable & Sendable>(
    with makeState: @Sendable () throws -> State, _ f: @Sendable (inout State, Base.Element) throws -> Result?,
    fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column
  ) throws -> [Result] {
    let place = Place(fileID: fileID, line: line, column: column)
    return try withThreadStates(makeState) { states in
      try compactMapped(.compactMap(to: .everyRank, options), place, states) { state, item, _ in try f(&state, item) }
        ?? []
    }
  }

  /// The same as ``forEach(_:fileID:line:column:)``, with a state per thread; see ``map(with:_:fileID:line:column:)``.
  @inlinable
  public func forEach<State>(
    with makeState: @Sendable () throws -> State, _ f: @Sendable (inout State, Base.Element) throws -> Void,
    fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column
  ) throws {
    let place = Place(fileID: fileID, line: line, column: column)
    try withThreadStates(makeState) { states in
      try visit(.forEach(options), place, states) { state, item, _ in try f(&state, item) }
    }
  }
}

extension ParallelAtRoot {
  /// The same as ``map(_:fileID:line:column:)``, with a state per thread; see
  /// ``Parallel/map(with:_:fileID:line:column:)``.
  @inlinable
  @discardableResult
  public func map<State, Result: Codable & Sendable>(
    with makeState: @Sendable () throws -> State, _ f: @Sendable (inout State, Base.Element) throws -> Result,
    fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column
  ) throws -> AtRoot<[Result]> {
    let place = Place(fileID: fileID, line: line, column: column)
    return AtRoot(
      try withThreadStates(makeState) { states in
        try parallel.mapped(.map(to: .root), place, states) { state, item, _ in try f(&state, item) }?.values
      })
  }

  /// The same as ``mapResults(_:fileID:line:column:)``, with a state per thread; see
  /// ``Parallel/map(with:_:fileID:line:column:)``.
  @inlinable
  @discardableResult
  public func mapResults<State, Value: Codable & Sendable>(
    with makeState: @Sendable () throws -> State, _ f: @Sendable (inout State, Base.Element) throws -> Value,
    fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column
  ) throws -> AtRoot<[Result<Value, SeppoError>]> {
    let place = Place(fileID: fileID, line: line, column: column)
    return AtRoot(
      try withThreadStates(makeState) { states in
        try parallel.mapped(.mapResults(to: .root), place, states) { state, item, _ in try f(&state, item) }?.results
      })
  }

  /// The same as ``compactMap(_:fileID:line:column:)``, with a state per thread; see
  /// ``Parallel/map(with:_:fileID:line:column:)``.
  @inlinable
  @discardableResult
  public func compactMap<State, Result: Codable & Sendable>(
    with makeState: @Sendable () throws -> State, _ f: @Sendable (inout State, Base.Element) throws -> Result?,
    fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column
  ) throws -> AtRoot<[Result]> {
    let place = Place(fileID: fileID, line: line, column: column)
    return AtRoot(
      try withThreadStates(makeState) { states in
        try parallel.compactMapped(.compactMap(to: .root, parallel.options), place, states) { state, item, _ in
          try f(&state, item)
        }
      })
  }
}
