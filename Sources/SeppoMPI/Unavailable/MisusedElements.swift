/// The result of an unavailable `parallel`. With it the compiler reports no second error for the verb that follows.
public struct MisusedParallel<Element> {
  private init() {}

  /// Never called.
  @discardableResult
  public func map<Result>(_ f: (Element) throws -> Result) throws -> [Result] {
    preconditionFailure("unavailable")
  }

  /// Never called.
  @discardableResult
  public func mapResults<Value>(_ f: (Element) throws -> Value) throws -> [Result<Value, SeppoError>] {
    preconditionFailure("unavailable")
  }

  /// Never called.
  @discardableResult
  public func compactMap<Result>(_ f: (Element) throws -> Result?) throws -> [Result] {
    preconditionFailure("unavailable")
  }

  /// Never called.
  public func forEachResult<Result>(
    _ f: (Element) throws -> Result, order: ResultOrder = .index, _ consume: (Int, Result) throws -> Void
  ) throws {
    preconditionFailure("unavailable")
  }

  /// Never called.
  public func results<Result>(
    _ f: @escaping (Element) throws -> Result, order: ResultOrder = .index
  ) -> AsyncThrowingStream<(index: Int, result: Result), any Error> {
    preconditionFailure("unavailable")
  }

  /// Never called.
  public func forEach(_ f: (Element) throws -> Void) throws {
    preconditionFailure("unavailable")
  }

  /// Never called.
  @discardableResult
  public func reduce<Value: Codable & Sendable>(
    into initial: Value, _ update: (inout Value, Element) throws -> Void, merge: (inout Value, Value) throws -> Void
  ) throws -> Value {
    preconditionFailure("unavailable")
  }

  /// Never called.
  @discardableResult
  public func reduce<Value>(_ initial: Value, _ combine: (Value, Element) throws -> Value) throws -> Value {
    preconditionFailure("unavailable")
  }

  /// Never called.
  @discardableResult
  public func map<State, Result>(
    with makeState: () throws -> State, _ f: (inout State, Element) throws -> Result
  ) throws -> [Result] {
    preconditionFailure("unavailable")
  }

  /// Never called.
  @discardableResult
  public func mapReduce<Value: Codable & Sendable>(
    _ initial: Value, _ f: (Element) throws -> Value, _ combine: (Value, Value) throws -> Value
  ) throws -> Value {
    preconditionFailure("unavailable")
  }

  /// Never called.
  @discardableResult
  public func mapResults<State, Value>(
    with makeState: () throws -> State, _ f: (inout State, Element) throws -> Value
  ) throws -> [Result<Value, SeppoError>] {
    preconditionFailure("unavailable")
  }

  /// Never called.
  @discardableResult
  public func flatMap<Result>(_ f: (Element) throws -> [Result]) throws -> [Result] {
    preconditionFailure("unavailable")
  }

  /// Never called.
  @discardableResult
  public func compactMap<State, Result>(
    with makeState: () throws -> State, _ f: (inout State, Element) throws -> Result?
  ) throws -> [Result] {
    preconditionFailure("unavailable")
  }

  /// Never called.
  @discardableResult
  public func filter(_ isIncluded: (Element) throws -> Bool) throws -> [Element] {
    preconditionFailure("unavailable")
  }

  /// Never called.
  @discardableResult
  public func count(where predicate: (Element) throws -> Bool) throws -> Int {
    preconditionFailure("unavailable")
  }

  /// Never called.
  @discardableResult
  public func min(by areInIncreasingOrder: (Element, Element) throws -> Bool) throws -> Element? {
    preconditionFailure("unavailable")
  }

  /// Never called.
  @discardableResult
  public func min() throws -> Element? {
    preconditionFailure("unavailable")
  }

  /// Never called.
  @discardableResult
  public func max(by areInIncreasingOrder: (Element, Element) throws -> Bool) throws -> Element? {
    preconditionFailure("unavailable")
  }

  /// Never called.
  @discardableResult
  public func max() throws -> Element? {
    preconditionFailure("unavailable")
  }

  /// Never called.
  @discardableResult
  public func first(where predicate: (Element) throws -> Bool) throws -> Element? {
    preconditionFailure("unavailable")
  }

  /// Never called.
  @discardableResult
  public func contains(where predicate: (Element) throws -> Bool) throws -> Bool {
    preconditionFailure("unavailable")
  }

  /// Never called.
  @discardableResult
  public func allSatisfy(_ predicate: (Element) throws -> Bool) throws -> Bool {
    preconditionFailure("unavailable")
  }

  /// Never called.
  public func forEach<State>(
    with makeState: () throws -> State, _ f: (inout State, Element) throws -> Void
  ) throws {
    preconditionFailure("unavailable")
  }

  /// Never called.
  public var atRoot: MisusedParallel<Element> {
    preconditionFailure("unavailable")
  }
}

// Elements that can't be sent.
@available(
  *, unavailable,
  message:
    "the elements can't travel between ranks: their type must be Codable & Sendable: add `: Codable, Sendable` to your struct or enum, use a struct for a tuple (those of two to four such parts have map, mapResults, compactMap and forEach), a String for a Substring or Character, an Array for a slice"
)
extension Sequence {
  public func mapParallel<Result>(_ f: (Element) throws -> Result) throws -> [Result] {
    preconditionFailure("unavailable")
  }

  public func parallel(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, isolation: Isolation = .thread, recycle: Int? = nil, memoryPerItem: Int? = nil,
    progress: String? = nil, buffer: Int? = nil
  ) -> MisusedParallel<Element> {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message:
    "the elements can't travel between ranks: a Substring isn't Codable, a String is: lines.map(String.init).mapParallel { … }"
)
extension Sequence where Element == Substring {
  public func mapParallel<Result>(_ f: (Element) throws -> Result) throws -> [Result] {
    preconditionFailure("unavailable")
  }

  public func parallel(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, isolation: Isolation = .thread, recycle: Int? = nil, memoryPerItem: Int? = nil,
    progress: String? = nil, buffer: Int? = nil
  ) -> MisusedParallel<Element> {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message:
    "the elements can't travel between ranks: a Character isn't Codable, a String is: characters.map(String.init).mapParallel { … }"
)
extension Sequence where Element == Character {
  public func mapParallel<Result>(_ f: (Element) throws -> Result) throws -> [Result] {
    preconditionFailure("unavailable")
  }

  public func parallel(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, isolation: Isolation = .thread, recycle: Int? = nil, memoryPerItem: Int? = nil,
    progress: String? = nil, buffer: Int? = nil
  ) -> MisusedParallel<Element> {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message:
    "the elements can't travel between ranks: an ArraySlice isn't Codable, an Array is: slices.map(Array.init).mapParallel { … }"
)
extension Sequence {
  public func mapParallel<Part, Result>(_ f: (Element) throws -> Result) throws -> [Result]
  where Element == ArraySlice<Part> {
    preconditionFailure("unavailable")
  }

  public func parallel<Part>(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, isolation: Isolation = .thread, recycle: Int? = nil, memoryPerItem: Int? = nil,
    progress: String? = nil, buffer: Int? = nil
  ) -> MisusedParallel<ArraySlice<Part>> where Element == ArraySlice<Part> {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message:
    "the elements can't travel between ranks: each part of a tuple must be Codable & Sendable: add `: Codable, Sendable` to your struct or enum, use a String for a Substring or Character, an Array for a slice; tuples have map, mapResults, compactMap and forEach only, without with:, seed: and buffer:, so use a struct for other verbs"
)
extension EnumeratedSequence {
  public func mapParallel<Result>(_ f: (Element) throws -> Result) throws -> [Result] {
    preconditionFailure("unavailable")
  }

  public func parallel(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, isolation: Isolation = .thread, recycle: Int? = nil, memoryPerItem: Int? = nil,
    progress: String? = nil, buffer: Int? = nil
  ) -> MisusedParallel<Element> {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message:
    "the elements can't travel between ranks: each part of a tuple must be Codable & Sendable: add `: Codable, Sendable` to your struct or enum, use a String for a Substring or Character, an Array for a slice; tuples have map, mapResults, compactMap and forEach only, without with:, seed: and buffer:, so use a struct for other verbs"
)
extension Zip2Sequence {
  public func mapParallel<Result>(_ f: (Element) throws -> Result) throws -> [Result] {
    preconditionFailure("unavailable")
  }

  public func parallel(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, isolation: Isolation = .thread, recycle: Int? = nil, memoryPerItem: Int? = nil,
    progress: String? = nil, buffer: Int? = nil
  ) -> MisusedParallel<Element> {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message:
    "the elements can't travel between ranks: the order of a dictionary's elements differs between ranks: map the sorted keys, table.keys.sorted().mapParallel { key in f(key, table[key]!) }"
)
extension Dictionary {
  public func mapParallel<Result>(_ f: (Element) throws -> Result) throws -> [Result] {
    preconditionFailure("unavailable")
  }

  public func parallel(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, isolation: Isolation = .thread, recycle: Int? = nil, memoryPerItem: Int? = nil,
    progress: String? = nil, buffer: Int? = nil
  ) -> MisusedParallel<Element> {
    preconditionFailure("unavailable")
  }
}
