import SeppoWire

extension Zip2Sequence where Sequence1.Element: Codable & Sendable, Sequence2.Element: Codable & Sendable {
  /// Returns an array with the results of mapping `f` over the pairs, computed by all ranks; see
  /// ``Swift/Sequence/mapParallel(_:fileID:line:column:)``.
  ///
  /// ```swift
  /// let sums = try zip(xs, ys).mapParallel { x, y in x + y }
  /// ```
  @inlinable
  public func mapParallel<Result: Codable & Sendable>(
    _ f: @Sendable ((Sequence1.Element, Sequence2.Element)) throws -> Result, fileID: StaticString = #fileID,
    line: UInt = #line, column: UInt = #column
  ) throws -> [Result] {
    try parallel().map(f, fileID: fileID, line: line, column: column)
  }

  /// Returns the pairs with options for how all ranks compute them; see ``ParallelOptions``.
  @inlinable
  public func parallel(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, isolation: Isolation = .thread, recycle: Int? = nil, memoryPerItem: Int? = nil
  ) -> ParallelTuples<_Tuples<Self, _Tuple<Sequence1.Element, Sequence2.Element>>> {
    parallel(
      ParallelOptions(
        chunk: chunk, threads: threads, retries: retries, timeout: timeout, checkpoint: checkpoint,
        isolation: isolation, recycle: recycle, memoryPerItem: memoryPerItem))
  }

  /// Returns the pairs with options for how all ranks compute them.
  @inlinable
  public func parallel(_ options: ParallelOptions) -> ParallelTuples<
    _Tuples<Self, _Tuple<Sequence1.Element, Sequence2.Element>>
  > {
    ParallelTuples(_Tuples(self) { _Tuple<Sequence1.Element, Sequence2.Element>($0) }, options)
  }
}

extension EnumeratedSequence where Base.Element: Codable & Sendable {
  /// Returns an array with the results of mapping `f` over the numbered elements, computed by all ranks; see
  /// ``Swift/Sequence/mapParallel(_:fileID:line:column:)``.
  ///
  /// ```swift
  /// let weighted = try xs.enumerated().mapParallel { index, x in Double(index) * x }
  /// ```
  @inlinable
  public func mapParallel<Result: Codable & Sendable>(
    _ f: @Sendable ((offset: Int, element: Base.Element)) throws -> Result, fileID: StaticString = #fileID,
    line: UInt = #line, column: UInt = #column
  ) throws -> [Result] {
    try parallel().map(f, fileID: fileID, line: line, column: column)
  }

  /// Returns the numbered elements with options for how all ranks compute them; see ``ParallelOptions``.
  @inlinable
  public func parallel(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, isolation: Isolation = .thread, recycle: Int? = nil, memoryPerItem: Int? = nil
  ) -> ParallelTuples<_Tuples<Self, _Enumerated<Base.Element>>> {
    parallel(
      ParallelOptions(
        chunk: chunk, threads: threads, retries: retries, timeout: timeout, checkpoint: checkpoint,
        isolation: isolation, recycle: recycle, memoryPerItem: memoryPerItem))
  }

  /// Returns the numbered elements with options for how all ranks compute them.
  @inlinable
  public func parallel(_ options: ParallelOptions) -> ParallelTuples<_Tuples<Self, _Enumerated<Base.Element>>> {
    ParallelTuples(_Tuples(self) { _Enumerated<Base.Element>($0) }, options)
  }
}

// Tuples of two, three and four parts.
extension Collection {
  /// Returns an array with the results of mapping `f` over the tuples, computed by all ranks; see
  /// ``Swift/Sequence/mapParallel(_:fileID:line:column:)``.
  @inlinable
  public func mapParallel<First: Codable & Sendable, Second: Codable & Sendable, Result: Codable & Sendable>(
    _ f: @Sendable ((First, Second)) throws -> Result, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> [Result] where Element == (First, Second) {
    try parallel().map(f, fileID: fileID, line: line, column: column)
  }

  /// Returns the tuples with options for how all ranks compute them; see ``ParallelOptions``.
  @inlinable
  public func parallel<First: Codable & Sendable, Second: Codable & Sendable>(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, isolation: Isolation = .thread, recycle: Int? = nil, memoryPerItem: Int? = nil
  ) -> ParallelTuples<[_Tuple<First, Second>]> where Element == (First, Second) {
    parallel(
      ParallelOptions(
        chunk: chunk, threads: threads, retries: retries, timeout: timeout, checkpoint: checkpoint,
        isolation: isolation, recycle: recycle, memoryPerItem: memoryPerItem))
  }

  /// Returns the tuples with options for how all ranks compute them.
  @inlinable
  public func parallel<First: Codable & Sendable, Second: Codable & Sendable>(_ options: ParallelOptions)
    -> ParallelTuples<[_Tuple<First, Second>]> where Element == (First, Second)
  {
    ParallelTuples(map { _Tuple<First, Second>($0) }, options)
  }

  /// Returns an array with the results of mapping `f` over the tuples, computed by all ranks; see
  /// ``Swift/Sequence/mapParallel(_:fileID:line:column:)``.
  @inlinable
  public func mapParallel<
    First: Codable & Sendable, Second: Codable & Sendable, Third: Codable & Sendable, Result: Codable & Sendable
  >(
    _ f: @Sendable ((First, Second, Third)) throws -> Result, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> [Result] where Element == (First, Second, Third) {
    try parallel().map(f, fileID: fileID, line: line, column: column)
  }

  /// Returns the tuples with options for how all ranks compute them; see ``ParallelOptions``.
  @inlinable
  public func parallel<First: Codable & Sendable, Second: Codable & Sendable, Third: Codable & Sendable>(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, isolation: Isolation = .thread, recycle: Int? = nil, memoryPerItem: Int? = nil
  ) -> ParallelTuples<[_Tuple<First, Second, Third>]> where Element == (First, Second, Third) {
    parallel(
      ParallelOptions(
        chunk: chunk, threads: threads, retries: retries, timeout: timeout, checkpoint: checkpoint,
        isolation: isolation, recycle: recycle, memoryPerItem: memoryPerItem))
  }

  /// Returns the tuples with options for how all ranks compute them.
  @inlinable
  public func parallel<First: Codable & Sendable, Second: Codable & Sendable, Third: Codable & Sendable>(
    _ options: ParallelOptions
  ) -> ParallelTuples<[_Tuple<First, Second, Third>]> where Element == (First, Second, Third) {
    ParallelTuples(map { _Tuple<First, Second, Third>($0) }, options)
  }

  /// Returns an array with the results of mapping `f` over the tuples, computed by all ranks; see
  /// ``Swift/Sequence/mapParallel(_:fileID:line:column:)``.
  @inlinable
  public func mapParallel<
    First: Codable & Sendable, Second: Codable & Sendable, Third: Codable & Sendable, Fourth: Codable & Sendable,
    Result: Codable & Sendable
  >(
    _ f: @Sendable ((First, Second, Third, Fourth)) throws -> Result, fileID: StaticString = #fileID,
    line: UInt = #line, column: UInt = #column
  ) throws -> [Result] where Element == (First, Second, Third, Fourth) {
    try parallel().map(f, fileID: fileID, line: line, column: column)
  }

  /// Returns the tuples with options for how all ranks compute them; see ``ParallelOptions``.
  @inlinable
  public func parallel<
    First: Codable & Sendable, Second: Codable & Sendable, Third: Codable & Sendable, Fourth: Codable & Sendable
  >(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, isolation: Isolation = .thread, recycle: Int? = nil, memoryPerItem: Int? = nil
  ) -> ParallelTuples<[_Tuple<First, Second, Third, Fourth>]> where Element == (First, Second, Third, Fourth) {
    parallel(
      ParallelOptions(
        chunk: chunk, threads: threads, retries: retries, timeout: timeout, checkpoint: checkpoint,
        isolation: isolation, recycle: recycle, memoryPerItem: memoryPerItem))
  }

  /// Returns the tuples with options for how all ranks compute them.
  @inlinable
  public func parallel<
    First: Codable & Sendable, Second: Codable & Sendable, Third: Codable & Sendable, Fourth: Codable & Sendable
  >(_ options: ParallelOptions) -> ParallelTuples<[_Tuple<First, Second, Third, Fourth>]>
  where Element == (First, Second, Third, Fourth) {
    ParallelTuples(map { _Tuple<First, Second, Third, Fourth>($0) }, options)
  }
}

// A sorted dictionary. Not an unsorted one, which is no `RandomAccessCollection`. Not in `Array`: the compiler would try it
// before the functions of `Collection`, and not name the mistake in an `f` of another array.
extension RandomAccessCollection {
  /// Returns an array with the results of mapping `f` over the entries of a dictionary, computed by all ranks; see
  /// ``Swift/Sequence/mapParallel(_:fileID:line:column:)``.
  ///
  /// ```swift
  /// let scores = try table.sorted { $0.key < $1.key }.mapParallel { key, value in score(key, value) }
  /// ```
  @inlinable
  public func mapParallel<Key: Codable & Sendable, Value: Codable & Sendable, Result: Codable & Sendable>(
    _ f: @Sendable ((key: Key, value: Value)) throws -> Result, fileID: StaticString = #fileID,
    line: UInt = #line, column: UInt = #column
  ) throws -> [Result] where Element == (key: Key, value: Value) {
    try parallel().map(f, fileID: fileID, line: line, column: column)
  }

  /// Returns the entries of a dictionary with options for how all ranks compute them; see ``ParallelOptions``.
  @inlinable
  public func parallel<Key: Codable & Sendable, Value: Codable & Sendable>(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, isolation: Isolation = .thread, recycle: Int? = nil, memoryPerItem: Int? = nil
  ) -> ParallelTuples<[_Entry<Key, Value>]> where Element == (key: Key, value: Value) {
    parallel(
      ParallelOptions(
        chunk: chunk, threads: threads, retries: retries, timeout: timeout, checkpoint: checkpoint,
        isolation: isolation, recycle: recycle, memoryPerItem: memoryPerItem))
  }

  /// Returns the entries of a dictionary with options for how all ranks compute them.
  @inlinable
  public func parallel<Key: Codable & Sendable, Value: Codable & Sendable>(_ options: ParallelOptions)
    -> ParallelTuples<[_Entry<Key, Value>]> where Element == (key: Key, value: Value)
  {
    ParallelTuples(map { _Entry<Key, Value>($0) }, options)
  }
}
