/// `stride(from:to:by:)` and `stride(from:through:by:)`, which are no collections.
public protocol StandardStride<Element>: Sequence where Element: Strideable {
  /// Its elements, as a collection.
  var strided: Strided<Element> { get }
}

extension StrideTo: StandardStride {
  public var strided: Strided<Element> { Strided(self) }
}

extension StrideThrough: StandardStride {
  public var strided: Strided<Element> { Strided(self) }
}

extension StandardStride where Element: Strideable & Codable & Sendable {
  /// What `map` gives, computed by all ranks, on every rank; see ``Swift/Collection/mapParallel(_:fileID:line:column:)``.
  @inlinable
  public func mapParallel<Result: Codable & Sendable>(
    _ f: @Sendable (Element) throws -> Result, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> [Result] {
    try parallel().map(f, fileID: fileID, line: line, column: column)
  }

  /// This stride, to be computed by all ranks with options; see ``ParallelOptions``.
  @inlinable
  public func parallel(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil
  ) -> Parallel<Strided<Element>> {
    parallel(
      ParallelOptions(chunk: chunk, threads: threads, retries: retries, timeout: timeout, checkpoint: checkpoint))
  }

  /// This stride, to be computed by all ranks with options.
  @inlinable
  public func parallel(_ options: ParallelOptions) -> Parallel<Strided<Element>> { strided.parallel(options) }
}
