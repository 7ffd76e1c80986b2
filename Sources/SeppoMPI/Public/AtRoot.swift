import SeppoProcess
import SeppoTransport
import SeppoWire

/// A value that only rank 0 has.
///
/// ```swift
/// let lines = try Seppo.atRoot { try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init) }
/// let lengths = try lines.mapParallel { $0.count }   // mapped by all ranks
/// let shared = try lines.broadcast()                 // now every rank has the lines
/// ```
///
/// The `f` of a map can't capture it, because `f` also runs on ranks that don't have the value: `broadcast()` it first.
public struct AtRoot<Value> {
  /// The value on rank 0; nil on all other ranks.
  public let value: Value?

  @usableFromInline
  init(_ value: Value?) { self.value = value }
}

@available(
  *, unavailable,
  message: "only rank 0 has this value, and f runs on every rank: call broadcast() first, and capture its result"
)
extension AtRoot: Sendable {}

extension AtRoot {
  /// Runs the body with the value, on rank 0 only.
  ///
  /// ```swift
  /// try results.atRoot { try save($0) }
  /// ```
  ///
  /// - Returns: The body's result, on rank 0.
  /// - Throws: On every rank, `SeppoError.rootThrew` if the body throws. A `SeppoError` of the body is rethrown as it
  ///   is.
  @discardableResult
  public func atRoot<Next>(
    _ body: (Value) throws -> Next, fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column
  ) throws -> AtRoot<Next> {
    try Seppo.runAtRoot(Place(fileID: fileID, line: line, column: column)) {
      guard let value else { preconditionFailure("rank 0 has the value of every AtRoot") }
      return try body(value)
    }
  }
}

extension AtRoot where Value: Codable & Sendable {
  /// Returns the value on every rank.
  ///
  /// ```swift
  /// let table = try Seppo.atRoot { try readTable() }.broadcast()
  /// ```
  ///
  /// - Throws: On every rank, `SeppoError.notEncodable` or `notDecodable` if the value can't be encoded or decoded.
  public func broadcast(fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column) throws -> Value {
    try broadcast(Place(fileID: fileID, line: line, column: column))
  }

  @usableFromInline
  func broadcast(_ place: Place) throws -> Value { try Job.forCall { try broadcast(as: $0, place) } }

  private func broadcast(as job: Job, _ place: Place) throws -> Value {
    try job.call("broadcast", at: place, types: [Value.self]) { signature in
      var matching = CallMatching(job, signature)
      guard job.isRoot else {
        try matching.announce(threads: 0)
        return try receive(matching.awaitOutcome(), job)
      }
      guard let value else { preconditionFailure("rank 0 has the value of every AtRoot") }
      if job.size == 1, !job.checksWire { return value }
      // Before the call is matched: this may take long, and this rank doesn't answer meanwhile.
      let coded = Result {
        let bytes = try encode(value, job)
        return (bytes, try valueAsReceived(value, bytes, job))
      }
      try matching.gather()
      let (bytes, received): (WireWriter, Value)
      do {
        (bytes, received) = try coded.get()
      } catch let error as SeppoError {
        try job.finish(.threw(error))
        throw error
      }
      let others = job.members.here - 1
      if others > 0,
        let shortage = job.limits.shortage(
          own: 0, shared: memory(for: bytes.count).times(others), ranks: others + 1)
      {
        let error = job.error(shortage, of: "the broadcast value")
        try job.finish(.threw(error))
        throw error
      }
      try job.finish(.value(bytes: bytes.count))
      try job.transport.broadcast(bytes.bytes)
      return received
    }
  }

  private func encode(_ value: Value, _ job: Job) throws -> WireWriter {
    do throws(WireError) {
      return try Control.encode(value)
    } catch {
      throw SeppoError(error, index: nil, rank: 0, host: job.host, place: job.current.place)
    }
  }

  /// Returns the value as the other ranks receive it: if its encoding loses something, all ranks must get the same. A
  /// type with its own wire form loses nothing, so that no second copy is needed.
  private func valueAsReceived(_ value: Value, _ bytes: WireWriter, _ job: Job) throws -> Value {
    if Items.haveOwnForm(Value.self), !job.checksWire { return value }
    return try Control.decode(
      Value.self, from: UnsafeRawBufferPointer(bytes.bytes), rank: 0, host: job.host, place: job.current.place)
  }

  /// Returns the bytes of memory that a rank needs to receive a value of this encoded size: the encoded and the decoded
  /// value. The encoded value may be the longer one.
  private func memory(for bytes: Int) -> Int {
    bytes.plus(Items.haveOwnForm(Value.self) ? bytes : bytes / 2)
  }

  private func receive(_ outcome: CallOutcome, _ job: Job) throws -> Value {
    guard case .value(let count) = outcome else {
      guard case .threw(let error) = outcome else { preconditionFailure("a broadcast ended without a value") }
      throw error
    }
    try job.requireMemory(for: memory(for: count), of: "the broadcast value")
    let received = WireWriter(capacity: count)
    try job.transport.broadcast(received.append(uninitialized: count))
    return try Control.decode(
      Value.self, from: UnsafeRawBufferPointer(received.bytes), rank: job.rank, host: job.host,
      place: job.current.place)
  }
}

extension AtRoot where Value: Sequence, Value.Element: Codable & Sendable {
  /// Returns an array with the results of mapping `f` over rank 0's elements, computed by all ranks. Every rank gets
  /// the whole array, in order.
  ///
  /// - Throws: As ``Parallel/map(_:fileID:line:column:)``.
  @inlinable
  @inline(__always)
  public func mapParallel<Result: Codable & Sendable>(
    _ f: @Sendable (Value.Element) throws -> Result, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> [Result] {
    try parallel().map(f, fileID: fileID, line: line, column: column)
  }

  /// Returns rank 0's sequence with options for how all ranks compute it; see ``ParallelOptions``.
  @inlinable
  public func parallel(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, isolation: Isolation = .thread, recycle: Int? = nil, memoryPerItem: Int? = nil,
    progress: String? = nil, buffer: Int? = nil
  ) -> Parallel<Value> {
    parallel(
      ParallelOptions(
        chunk: chunk, threads: threads, retries: retries, timeout: timeout, checkpoint: checkpoint,
        isolation: isolation, recycle: recycle, memoryPerItem: memoryPerItem, progress: progress, buffer: buffer))
  }

  /// Returns rank 0's sequence with options for how all ranks compute it.
  @inlinable
  public func parallel(_ options: ParallelOptions) -> Parallel<Value> {
    Parallel(value, options, areEverywhere: false)
  }
}

extension Seppo {
  /// Runs the body on rank 0 only.
  ///
  /// ```swift
  /// try Seppo.atRoot { print("done") }
  /// ```
  ///
  /// Every rank must make the call, and waits until the body has ended.
  ///
  /// - Returns: The body's result, on rank 0.
  /// - Throws: On every rank, `SeppoError.rootThrew` if the body throws. A `SeppoError` of the body is rethrown as it
  ///   is.
  @discardableResult
  public static func atRoot<Value>(
    _ body: () throws -> Value, fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column
  ) throws -> AtRoot<Value> {
    try runAtRoot(Place(fileID: fileID, line: line, column: column), body)
  }

  static func runAtRoot<Value>(_ place: Place, _ body: () throws -> Value) throws -> AtRoot<Value> {
    try Job.forCall { try runAtRoot(as: $0, place, body) }
  }

  private static func runAtRoot<Value>(
    as job: Job, _ place: Place, _ body: () throws -> Value
  ) throws -> AtRoot<Value> {
    try job.call("atRoot", at: place, rootMayBeAway: true) { signature in
      var matching = CallMatching(job, signature)
      guard job.isRoot else {
        try matching.announce(threads: 0)
        if case .threw(let error) = try matching.awaitOutcome() { throw error }
        return AtRoot(nil)
      }
      // Before the body: if the ranks have diverged, it must not save or print anything.
      try matching.gather()
      let value: Value
      do {
        value = try CallContext.enter(.atRoot, body)
      } catch {
        // The same signal may have ended a program that the body ran.
        if StopSignal.mayHaveMadeItemThrow() { job.endRequest.endNow(after: error) }
        let error = job.error(of: error, at: place) { .rootThrew($0) }
        try job.finish(.threw(error))
        throw error
      }
      try job.finish(.done)
      return AtRoot(value)
    }
  }
}
