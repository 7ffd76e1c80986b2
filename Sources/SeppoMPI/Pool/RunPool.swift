import SeppoCompute
import SeppoProcess

/// Runs the body of a pool on rank 0, on the calling thread. The call is made on another one meanwhile.
///
/// - Returns: the body's result, on rank 0; nil on other ranks.
@usableFromInline
func runPool<Input: Codable & Sendable, Output: Codable & Sendable, Value>(
  _ options: ParallelOptions, _ place: Place, _ kernel: @escaping ChunkKernel,
  _ body: (TaskPool<Input, Output>) throws -> Value
) throws -> Value? {
  let call = PoolCall<Input, Output>(options: options, place: place, kernel: kernel)
  try call.check()
  guard Job.current.isRoot else {
    try call.make(nil)
    return nil
  }
  let pool = TaskPool<Input, Output>()
  let thread = try CallThread { try call.make(pool) }
  if options.isolation == .process { pool.start.wait() }
  let result = Result { try CallContext.enter(.pool) { try body(pool) } }
  pool.end(call.ended, after: result)
  try thread.join()
  return try result.get()
}

/// Like the other function, with an asynchronous body, in the calling task.
@usableFromInline
func runPool<Input: Codable & Sendable, Output: Codable & Sendable, Value>(
  isolation: isolated (any Actor)? = #isolation, _ options: ParallelOptions, _ place: Place,
  _ kernel: @escaping ChunkKernel, _ body: (TaskPool<Input, Output>) async throws -> Value
) async throws -> Value? {
  let call = PoolCall<Input, Output>(options: options, place: place, kernel: kernel)
  try call.check()
  guard Job.current.isRoot else {
    try await CallThread { try call.make(nil) }.joinSuspending()
    return nil
  }
  let pool = TaskPool<Input, Output>()
  let thread = try CallThread { try call.make(pool) }
  if options.isolation == .process { await pool.start.waitSuspending() }
  let result: Result<Value, any Error>
  do {
    result = .success(try await CallContext.$entered.withValue(.pool, operation: { try await body(pool) }))
  } catch {
    result = .failure(error)
  }
  pool.end(call.ended, after: result)
  try await thread.joinSuspending()
  return try result.get()
}
