// Options in the wrong place. Disfavoured because all options can be omitted: without options, another misuse has a
// better message.
@available(
  *, unavailable,
  message: "mapParallel takes no options, parallel does: xs.parallel(threads: 4).map { … }"
)
extension Sequence {
  @_disfavoredOverload
  @discardableResult
  public func mapParallel<Result>(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, seed: Int? = nil, _ f: (Element) throws -> Result
  ) throws -> [Result] {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message: "mapParallel takes no options, parallel does: xs.parallel(threads: 4).map { … }"
)
extension AtRoot where Value: Sequence {
  @_disfavoredOverload
  @discardableResult
  public func mapParallel<Result>(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, seed: Int? = nil, _ f: (Value.Element) throws -> Result
  ) throws -> [Result] {
    preconditionFailure("unavailable")
  }
}

// Verbs in the wrong place. They extend `AtRoot` too, through its unavailable conformance to `Sequence`.
@available(
  *, unavailable,
  message: "atRoot comes before the verb: xs.parallel().atRoot.map { … }"
)
extension Sequence {
  @discardableResult
  public func mapAtRoot<Result>(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, seed: Int? = nil, _ f: (Element) throws -> Result
  ) throws -> AtRoot<[Result]> {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message: "this verb needs parallel() before it: xs.parallel().mapResults { … }"
)
extension Sequence {
  @discardableResult
  public func mapResults<Value>(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, seed: Int? = nil, _ f: (Element) throws -> Value
  ) throws -> [Result<Value, SeppoError>] {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message: "atRoot comes before the verb: xs.parallel().atRoot.mapResults { … }"
)
extension Sequence {
  @discardableResult
  public func mapResultsAtRoot<Value>(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, seed: Int? = nil, _ f: (Element) throws -> Value
  ) throws -> AtRoot<[Result<Value, SeppoError>]> {
    preconditionFailure("unavailable")
  }
}

@available(*, unavailable, renamed: "map(_:)", message: "after parallel() the verb is map: xs.parallel().map { … }")
extension Parallel {
  @discardableResult
  public func mapParallel<Result>(_ f: (Base.Element) throws -> Result) throws -> [Result] {
    preconditionFailure("unavailable")
  }
}

@available(*, unavailable, message: "atRoot comes before the verb: xs.parallel().atRoot.map { … }")
extension Parallel {
  @discardableResult
  public func mapAtRoot<Result>(_ f: (Base.Element) throws -> Result) throws -> AtRoot<[Result]> {
    preconditionFailure("unavailable")
  }
}

@available(*, unavailable, message: "atRoot comes before the verb: xs.parallel().atRoot.mapResults { … }")
extension Parallel {
  @discardableResult
  public func mapResultsAtRoot<Value>(_ f: (Base.Element) throws -> Value) throws -> AtRoot<[Result<Value, SeppoError>]>
  {
    preconditionFailure("unavailable")
  }
}

@available(*, unavailable, message: "forEach has no results that rank 0 could get: xs.parallel().forEach { … }")
extension ParallelAtRoot {
  public func forEach(_ f: (Base.Element) throws -> Void) throws { preconditionFailure("unavailable") }
}
