import SeppoCompute

// An `AtRoot` used as its value.

@available(
  *, unavailable,
  message:
    "atRoot returns an AtRoot, whose value only rank 0 has: add .broadcast() to have the value on every rank, or use it on rank 0: .atRoot { value in … }"
)
extension Seppo {
  @_disfavoredOverload
  public static func atRoot<Value>(_ body: () throws -> Value) throws -> Value {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message:
    "atRoot returns an AtRoot, whose value only rank 0 has: add .broadcast() to have the value on every rank, or use it on rank 0: .atRoot { value in … }"
)
extension AtRoot {
  @_disfavoredOverload
  public func atRoot<Next>(_ body: (Value) throws -> Next) throws -> Next {
    preconditionFailure("unavailable")
  }
}

// For the messages of `for x in table`, `table.map`, `table.reduce` and others.
@available(
  *, unavailable,
  message:
    "only rank 0 has this value: broadcast() sends it to every rank, .atRoot { value in … } uses it on rank 0, .mapParallel { … } maps its elements on all ranks"
)
extension AtRoot: Sequence where Value: Sequence {
  public func makeIterator() -> Value.Iterator {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message:
    "only rank 0 has this value: broadcast() sends it to every rank, .atRoot { value in … } uses it on rank 0, .mapParallel { … } maps its elements on all ranks"
)
extension AtRoot where Value: Collection {
  public var count: Int {
    preconditionFailure("unavailable")
  }

  public var isEmpty: Bool {
    preconditionFailure("unavailable")
  }

  public var first: Value.Element? {
    preconditionFailure("unavailable")
  }

  public var indices: Value.Indices {
    preconditionFailure("unavailable")
  }

  public subscript(position: Value.Index) -> Value.Element {
    get { preconditionFailure("unavailable") }
    set { preconditionFailure("unavailable") }
  }

  public subscript<Bounds: RangeExpression>(bounds: Bounds) -> Value.SubSequence where Bounds.Bound == Value.Index {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message:
    "only rank 0 has this value: broadcast() sends it to every rank, .atRoot { value in … } uses it on rank 0, .mapParallel { … } maps its elements on all ranks"
)
extension AtRoot {
  public subscript<Key: Hashable, Entry>(key: Key) -> Entry? where Value == [Key: Entry] {
    get { preconditionFailure("unavailable") }
    set { preconditionFailure("unavailable") }
  }
}

// Values that can't be sent.
@available(
  *, unavailable,
  message:
    "the value can't travel between ranks: it must be of a type that is Codable & Sendable: add `: Codable, Sendable` to your struct or enum; Void and tuples can't be"
)
extension AtRoot {
  public func broadcast() throws -> Value {
    preconditionFailure("unavailable")
  }
}

// Elements that can't be sent. They are on rank 0.
@available(
  *, unavailable,
  message:
    "the elements can't travel between ranks: their type must be Codable & Sendable: add `: Codable, Sendable` to your struct or enum, use a struct for a tuple, a String for a Substring or Character, an Array for a slice"
)
extension AtRoot where Value: Sequence {
  public func mapParallel<Result>(_ f: (Value.Element) throws -> Result) throws -> [Result] {
    preconditionFailure("unavailable")
  }

  public func parallel(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, isolation: Isolation = .thread, recycle: Int? = nil, memoryPerItem: Int? = nil,
    progress: String? = nil, buffer: Int? = nil
  ) -> MisusedParallel<Value.Element> {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message:
    "the elements can't travel between ranks: a Substring isn't Codable, a String is: lines.map(String.init).mapParallel { … }"
)
extension AtRoot where Value: Sequence, Value.Element == Substring {
  public func mapParallel<Result>(_ f: (Value.Element) throws -> Result) throws -> [Result] {
    preconditionFailure("unavailable")
  }

  public func parallel(
    chunk: Chunk = .automatic, threads: Int? = nil, retries: Int = 0, timeout: Duration? = nil,
    checkpoint: Checkpoint? = nil, isolation: Isolation = .thread, recycle: Int? = nil, memoryPerItem: Int? = nil,
    progress: String? = nil, buffer: Int? = nil
  ) -> MisusedParallel<Value.Element> {
    preconditionFailure("unavailable")
  }
}
