// The overloads in this folder turn uses that can't work into compile-time errors that say what to do.
//
// A correct program never selects them: the compiler tries unavailable overloads only if nothing else fits. In a
// program with another error it tries all of them, in the order of the files, and gives up after a million steps.
// Therefore this folder comes after `Public` in the alphabet: if the real verb is tried first, a misspelt member in `f`
// is found in 70 steps instead of 230,000. For the same reason the overloads are few, and extend `Collection` rather
// than `Sequence` where possible. A message belongs to an extension, so that several verbs share it; it can't name
// types.

// Results that can't be sent.
@available(
  *, unavailable,
  message:
    "the result can't travel between ranks: f must return a type that is Codable & Sendable: add `: Codable, Sendable` to your struct or enum, return a struct for a tuple, String(x) for a Substring or Character, Array(x) for a slice"
)
extension Sequence where Element: Codable & Sendable {
  public func mapParallel<Result>(_ f: @Sendable (Element) throws -> Result) throws -> [Result] {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message:
    "the result can't travel between ranks: f must return a type that is Codable & Sendable: add `: Codable, Sendable` to your struct or enum, return a struct for a tuple, String(x) for a Substring or Character, Array(x) for a slice"
)
extension AtRoot where Value: Sequence, Value.Element: Codable & Sendable {
  public func mapParallel<Result>(_ f: @Sendable (Value.Element) throws -> Result) throws -> [Result] {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message:
    "the result can't travel between ranks: f must return a type that is Codable & Sendable: add `: Codable, Sendable` to your struct or enum, return a struct for a tuple, String(x) for a Substring or Character, Array(x) for a slice"
)
extension Parallel {
  public func map<Result>(_ f: @Sendable (Base.Element) throws -> Result) throws -> [Result] {
    preconditionFailure("unavailable")
  }

  public func mapResults<Value>(_ f: @Sendable (Base.Element) throws -> Value) throws -> [Result<Value, SeppoError>] {
    preconditionFailure("unavailable")
  }

  public func compactMap<Result>(_ f: @Sendable (Base.Element) throws -> Result?) throws -> [Result] {
    preconditionFailure("unavailable")
  }

  public func flatMap<Result>(_ f: @Sendable (Base.Element) throws -> [Result]) throws -> [Result] {
    preconditionFailure("unavailable")
  }

  public func forEachResult<Result>(
    _ f: @Sendable (Base.Element) throws -> Result, order: ResultOrder = .index, _ consume: (Int, Result) throws -> Void
  ) throws {
    preconditionFailure("unavailable")
  }

  public func results<Result>(
    _ f: @escaping @Sendable (Base.Element) throws -> Result, order: ResultOrder = .index
  ) -> AsyncThrowingStream<(index: Int, result: Result), any Error> {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message:
    "the result can't travel between ranks: f must return a type that is Codable & Sendable: add `: Codable, Sendable` to your struct or enum, return a struct for a tuple, String(x) for a Substring or Character, Array(x) for a slice"
)
extension ParallelAtRoot {
  @discardableResult
  public func map<Result>(_ f: @Sendable (Base.Element) throws -> Result) throws -> AtRoot<[Result]> {
    preconditionFailure("unavailable")
  }

  @discardableResult
  public func mapResults<Value>(_ f: @Sendable (Base.Element) throws -> Value) throws -> AtRoot<
    [Result<Value, SeppoError>]
  > {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message:
    "the result can't travel between ranks: f must return a type that is Codable & Sendable: add `: Codable, Sendable` to your struct or enum, return a struct for a tuple, String(x) for a Substring or Character, Array(x) for a slice"
)
extension SeededParallel {
  public func map<Result>(_ f: @Sendable (Base.Element, inout ItemRandom) throws -> Result) throws -> [Result] {
    preconditionFailure("unavailable")
  }

  public func compactMap<Result>(_ f: @Sendable (Base.Element, inout ItemRandom) throws -> Result?) throws -> [Result] {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message:
    "the result can't travel between ranks: f must return a type that is Codable & Sendable: add `: Codable, Sendable` to your struct or enum, return a struct for a tuple, String(x) for a Substring or Character, Array(x) for a slice"
)
extension Parallel {
  public func map<State, Result>(
    with makeState: @Sendable () throws -> State, _ f: @Sendable (inout State, Base.Element) throws -> Result
  ) throws -> [Result] {
    preconditionFailure("unavailable")
  }
}

// The same for tuples as elements. (Not for arrays of tuples: with an overload for them the compiler can't name the
// mistake in an `f` of any other array.)
@available(
  *, unavailable,
  message:
    "the result can't travel between ranks: f must return a type that is Codable & Sendable: add `: Codable, Sendable` to your struct or enum, return a struct for a tuple, String(x) for a Substring or Character, Array(x) for a slice"
)
extension ParallelTuples {
  public func map<Result>(_ f: @Sendable (Tuple) throws -> Result) throws -> [Result] {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message:
    "the result can't travel between ranks: f must return a type that is Codable & Sendable: add `: Codable, Sendable` to your struct or enum, return a struct for a tuple, String(x) for a Substring or Character, Array(x) for a slice"
)
extension Zip2Sequence where Sequence1.Element: Codable & Sendable, Sequence2.Element: Codable & Sendable {
  public func mapParallel<Result>(_ f: @Sendable ((Sequence1.Element, Sequence2.Element)) throws -> Result) throws
    -> [Result]
  {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message:
    "the result can't travel between ranks: f must return a type that is Codable & Sendable: add `: Codable, Sendable` to your struct or enum, return a struct for a tuple, String(x) for a Substring or Character, Array(x) for a slice"
)
extension EnumeratedSequence where Base.Element: Codable & Sendable {
  public func mapParallel<Result>(_ f: @Sendable ((offset: Int, element: Base.Element)) throws -> Result) throws
    -> [Result]
  {
    preconditionFailure("unavailable")
  }
}

// No results.
@available(
  *, unavailable,
  message:
    "f returns nothing, so there would be no results: return a value for each item, or call parallel().forEach { … }"
)
extension Sequence where Element: Codable & Sendable {
  @discardableResult
  public func mapParallel(_ f: @Sendable (Element) throws -> Void) throws -> [Void] {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message:
    "f returns nothing, so there would be no results: return a value for each item, or call parallel().forEach { … }"
)
extension AtRoot where Value: Sequence, Value.Element: Codable & Sendable {
  @discardableResult
  public func mapParallel(_ f: @Sendable (Value.Element) throws -> Void) throws -> [Void] {
    preconditionFailure("unavailable")
  }
}

@available(
  *, unavailable,
  message:
    "f returns nothing, so there would be no results: return a value for each item (a count, a Bool), or call forEach"
)
extension Parallel {
  @discardableResult
  public func map(_ f: @Sendable (Base.Element) throws -> Void) throws -> [Void] {
    preconditionFailure("unavailable")
  }

  @discardableResult
  public func mapResults(_ f: @Sendable (Base.Element) throws -> Void) throws -> [Result<Void, SeppoError>] {
    preconditionFailure("unavailable")
  }
}

// Reductions to a value of another type.
@available(
  *, unavailable,
  message:
    "reduce combines elements with each other, as blocks of them are combined on different ranks: for a value of another type use mapReduce(0, { $0.count }, +), or reduce(into: …, { … }, merge: { … })"
)
extension Parallel {
  public func reduce<Value>(_ initial: Value, _ combine: (Value, Base.Element) throws -> Value) throws -> Value {
    preconditionFailure("unavailable")
  }
}
