import SeppoCompute

extension Seppo {
  /// Runs the body on rank 0 while all ranks compute the tasks that it submits: for items that are born of results.
  ///
  /// ```swift
  /// let best = try Seppo.withPool(evaluate) { pool in
  ///   for candidate in candidates { pool.submit(candidate) }
  ///   var best = 0.0
  ///   while let (candidate, result) = pool.next() {
  ///     let value = try result.get()
  ///     best = max(best, value)
  ///     if value > 0.9 { pool.submit(candidate.mutated()) }
  ///   }
  ///   return best
  /// }
  /// ```
  ///
  /// The body runs on the calling thread. When it ends, tasks that are not started are dropped, and those that are being
  /// computed are waited for.
  ///
  /// - Parameters:
  ///   - f: Computes a task, on any rank, on a compute thread. It may capture values only. If it throws, that is the task's
  ///     result.
  ///   - options: As for all verbs; a pool has no checkpoint.
  ///   - body: Called on rank 0. Verbs inside it run on rank 0 alone. A pool can't be used inside it, or inside an item.
  /// - Returns: The body's result, on rank 0.
  /// - Throws: On every rank, `SeppoError.poolThrew` if the body throws. A `SeppoError` of the body is rethrown as it is.
  @inlinable
  @discardableResult
  public static func withPool<Input: Codable & Sendable, Output: Codable & Sendable, Value>(
    _ f: @escaping @Sendable (Input) throws -> Output, _ options: ParallelOptions = ParallelOptions(),
    fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column,
    _ body: (TaskPool<Input, Output>) throws -> Value
  ) throws -> AtRoot<Value> {
    AtRoot(
      try runPool(
        options, Place(fileID: fileID, line: line, column: column),
        { input, output, first, limits in
          computeChunk(NoStates(), input, output, first, limits) { _, item, _ in try f(item) }
        }, body))
  }

  /// Like the other function, with an asynchronous body, which runs in the calling task.
  @inlinable
  @discardableResult
  public static func withPool<Input: Codable & Sendable, Output: Codable & Sendable, Value>(
    _ f: @escaping @Sendable (Input) throws -> Output, _ options: ParallelOptions = ParallelOptions(),
    fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column,
    isolation: isolated (any Actor)? = #isolation,
    _ body: (TaskPool<Input, Output>) async throws -> Value
  ) async throws -> AtRoot<Value> {
    AtRoot(
      try await runPool(
        options, Place(fileID: fileID, line: line, column: column),
        { input, output, first, limits in
          computeChunk(NoStates(), input, output, first, limits) { _, item, _ in try f(item) }
        }, body))
  }
}
