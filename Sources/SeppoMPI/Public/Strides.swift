// `stride(from:to:by:)` and `stride(from:through:by:)` are sequences, not collections.

extension StrideTo where Element: Codable & Sendable {
  /// Returns an array with the results of mapping `f` over the elements, computed by all ranks; see
  /// ``Swift/Collection/mapParallel(_:fileID:line:column:)``.
  @inlinable
  public func mapParallel<Result: Codable & Sendable>(
    _ f: @Sendable (Element) throws -> Result, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> [Result] {
    try parallel().map(f, fileID: fileID, line: line, column: column)
  }

  /// Returns this stride with options for how all ranks compute it; see ``ParallelOptions``.
  @inlinable
  public func parallel(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil
  ) -> Parallel<some RandomAccessCollection<Element>> {
    Strided(self).parallel(
      ParallelOptions(chunk: chunk, threads: threads, retries: retries, timeout: timeout, checkpoint: checkpoint))
  }

  /// Returns this stride with options and the seed of its random numbers; see ``ItemRandom``.
  ///
  /// - Parameter seed: The seed: any number, the same on every rank. With `nil`, each call throws an error.
  @inlinable
  public func parallel(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, seed: Int?
  ) -> SeededParallel<some RandomAccessCollection<Element>> {
    Strided(self).parallel(
      chunk: chunk, threads: threads, retries: retries, timeout: timeout, checkpoint: checkpoint, seed: seed)
  }

  /// Returns this stride with options for how all ranks compute it.
  @inlinable
  public func parallel(_ options: ParallelOptions) -> Parallel<some RandomAccessCollection<Element>> {
    Strided(self).parallel(options)
  }
}

extension StrideThrough where Element: Codable & Sendable {
  /// Returns an array with the results of mapping `f` over the elements, computed by all ranks; see
  /// ``Swift/Collection/mapParallel(_:fileID:line:column:)``.
  @inlinable
  public func mapParallel<Result: Codable & Sendable>(
    _ f: @Sendable (Element) throws -> Result, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> [Result] {
    try parallel().map(f, fileID: fileID, line: line, column: column)
  }

  /// Returns this stride with options for how all ranks compute it; see ``ParallelOptions``.
  @inlinable
  public func parallel(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil
  ) -> Parallel<some RandomAccessCollection<Element>> {
    Strided(self).parallel(
      ParallelOptions(chunk: chunk, threads: threads, retries: retries, timeout: timeout, checkpoint: checkpoint))
  }

  /// Returns this stride with options and the seed of its random numbers; see ``ItemRandom``.
  ///
  /// - Parameter seed: The seed: any number, the same on every rank. With `nil`, each call throws an error.
  @inlinable
  public func parallel(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, seed: Int?
  ) -> SeededParallel<some RandomAccessCollection<Element>> {
    Strided(self).parallel(
      chunk: chunk, threads: threads, retries: retries, timeout: timeout, checkpoint: checkpoint, seed: seed)
  }

  /// Returns this stride with options for how all ranks compute it.
  @inlinable
  public func parallel(_ options: ParallelOptions) -> Parallel<some RandomAccessCollection<Element>> {
    Strided(self).parallel(options)
  }
}
