// Asynchronous functions.
@available(
  *, unavailable,
  message:
    "f can't be async: it runs on a thread of its own, where nothing can be awaited: call a synchronous function in f, and await what f needs before the map"
)
extension Sequence where Element: Codable & Sendable {
  public func mapParallel<Result: Codable & Sendable>(_ f: @Sendable (Element) async throws -> Result) throws
    -> [Result]
  {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message:
    "f can't be async: it runs on a thread of its own, where nothing can be awaited: call a synchronous function in f, and await what f needs before the map"
)
extension AtRoot where Value: Sequence, Value.Element: Codable & Sendable {
  public func mapParallel<Result: Codable & Sendable>(_ f: @Sendable (Value.Element) async throws -> Result) throws
    -> [Result]
  {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message:
    "f can't be async: it runs on a thread of its own, where nothing can be awaited: call a synchronous function in f, and await what f needs before the map"
)
extension Parallel {
  public func map<Result: Codable & Sendable>(_ f: @Sendable (Base.Element) async throws -> Result) throws -> [Result] {
    preconditionFailure("unavailable")
  }

  public func mapResults<Value: Codable & Sendable>(_ f: @Sendable (Base.Element) async throws -> Value) throws
    -> [Result<Value, SeppoError>]
  {
    preconditionFailure("unavailable")
  }

  public func compactMap<Result: Codable & Sendable>(_ f: @Sendable (Base.Element) async throws -> Result?) throws
    -> [Result]
  {
    preconditionFailure("unavailable")
  }

  public func flatMap<Result: Codable & Sendable>(_ f: @Sendable (Base.Element) async throws -> [Result]) throws
    -> [Result]
  {
    preconditionFailure("unavailable")
  }

  public func filter(_ isIncluded: @Sendable (Base.Element) async throws -> Bool) throws -> [Base.Element] {
    preconditionFailure("unavailable")
  }

  public func forEach(_ f: @Sendable (Base.Element) async throws -> Void) throws {
    preconditionFailure("unavailable")
  }
}
