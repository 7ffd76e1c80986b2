import SeppoProcess
import SeppoTransport
import SeppoWire

/// A value that only rank 0 has.
///
/// ```swift
/// let lines = try Seppo.atRoot { try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init) }
/// let lengths = try lines.mapParallel { $0.count }   // read once, on rank 0; mapped by all
/// let shared = try lines.broadcast()                 // now every rank has them
/// ```
///
/// It can't be captured by the `f` of a map, which runs on ranks that don't have it: `broadcast()` the value first.
public struct AtRoot<Value> {
  /// The value, on rank 0; nil on the others.
  public let value: Value?

  @usableFromInline
  init(_ value: Value?) { self.value = value }
}

@available(
  *, unavailable,
  message: "only rank 0 has this value, and f runs on every rank: broadcast() it first, and capture what that gives"
)
extension AtRoot: Sendable {}

extension AtRoot {
  /// Goes on with the value, on rank 0.
  ///
  /// ```swift
  /// try results.atRoot { try save($0) }
  /// ```
  ///
  /// - Returns: what the body gives, on rank 0.
  /// - Throws: on every rank, `SeppoError.rootThrew` where the body throws; a `SeppoError` that it throws itself.
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
  /// Gives the value to every rank.
  ///
  /// ```swift
  /// let table = try Seppo.atRoot { try readTable() }.broadcast()
  /// ```
  ///
  /// - Throws: on every rank, `SeppoError.notEncodable` or `notDecodable` where the value can't be encoded, or not be
  ///   decoded again.
  public func broadcast(fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column) throws -> Value {
    let place = Place(fileID: fileID, line: line, column: column)
    return try Job.forCall { try broadcast(as: $0, place) }
  }

  private func broadcast(as job: Job, _ place: Place) throws -> Value {
    try job.call("broadcast", at: place, types: [Value.self]) { signature in
      var matching = CallMatching(job, signature)
      guard job.isRoot else {
        try matching.announce(threads: 0)
        return try receive(matching.awaitOutcome(), job)
      }
      guard let value else { preconditionFailure("rank 0 has the value of every AtRoot") }
      if job.size == 1, !job.checksWire { return value }
      // Before anybody is asked to wait for it: it may take long, and meanwhile this rank isn't heard of.
      let coded = Result {
        let bytes = try encode(value, job)
        return (bytes, try takeAsOthersDo(value, bytes, job))
      }
      try matching.gather()
      let (bytes, received): (_WireWriter, Value)
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
        let error = job.error(shortage, of: "the value that is broadcast")
        try job.finish(.threw(error))
        throw error
      }
      try job.finish(.value(bytes: bytes.count))
      try job.transport.broadcast(bytes.bytes)
      return received
    }
  }

  private func encode(_ value: Value, _ job: Job) throws -> _WireWriter {
    do throws(WireError) {
      return try Control.encode(value)
    } catch {
      throw SeppoError(error, index: nil, rank: 0, host: job.host)
    }
  }

  /// Rank 0 takes the value as the others get it, else a type that loses something on the way would give it another. What
  /// has a wire form of its own loses nothing, and needn't be held twice.
  private func takeAsOthersDo(_ value: Value, _ bytes: _WireWriter, _ job: Job) throws -> Value {
    if Items.haveOwnForm(Value.self), !job.checksWire { return value }
    return try Control.decode(Value.self, from: UnsafeRawBufferPointer(bytes.bytes), rank: 0, host: job.host)
  }

  /// What a value of so many bytes takes where it is received: these, and itself, for which they may be longer than it is.
  private func memory(for bytes: Int) -> Int {
    bytes.plus(Items.haveOwnForm(Value.self) ? bytes : bytes / 2)
  }

  private func receive(_ outcome: CallOutcome, _ job: Job) throws -> Value {
    guard case .value(let count) = outcome else {
      guard case .threw(let error) = outcome else { preconditionFailure("a broadcast ended without a value") }
      throw error
    }
    try job.expectRoom(for: memory(for: count), of: "the value that is broadcast")
    let received = _WireWriter(capacity: count)
    try job.transport.broadcast(received.append(uninitialized: count))
    return try Control.decode(
      Value.self, from: UnsafeRawBufferPointer(received.bytes), rank: job.rank, host: job.host)
  }
}

extension AtRoot where Value: Collection, Value.Element: Codable & Sendable {
  /// What `map` gives, computed by all ranks, on every rank; the elements were read on rank 0 only.
  ///
  /// - Throws: as ``Parallel/map(_:fileID:line:column:)``.
  @inlinable
  public func mapParallel<Result: Codable & Sendable>(
    _ f: @Sendable (Value.Element) throws -> Result, fileID: StaticString = #fileID, line: UInt = #line,
    column: UInt = #column
  ) throws -> [Result] {
    try parallel().map(f, fileID: fileID, line: line, column: column)
  }

  /// Rank 0's collection, to be computed by all ranks with options; see ``ParallelOptions``.
  @inlinable
  public func parallel(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil
  ) -> Parallel<Value> {
    parallel(
      ParallelOptions(chunk: chunk, threads: threads, retries: retries, timeout: timeout, checkpoint: checkpoint))
  }

  /// Rank 0's collection, to be computed by all ranks with options.
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
  /// Every rank makes the call, and waits for the body's end.
  ///
  /// - Returns: what the body gives, on rank 0.
  /// - Throws: on every rank, `SeppoError.rootThrew` where the body throws; a `SeppoError` that it throws itself.
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
      // Before the body: where the ranks aren't together, nothing should be saved or printed twice.
      try matching.gather()
      let value: Value
      do {
        value = try CallContext.enter(.atRoot, body)
      } catch {
        // A program that it ran may have been ended by the same signal.
        if StopSignal.mayHaveMadeItemThrow() { job.endRequest.endNow(after: error) }
        let error =
          error as? SeppoError
          ?? .rootThrew(
            .init(
              host: job.host, type: String(describing: type(of: error)), description: error.text, place: place.text))
        try job.finish(.threw(error))
        throw error
      }
      try job.finish(.done)
      return AtRoot(value)
    }
  }
}
