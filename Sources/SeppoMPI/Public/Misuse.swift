// Programs that can't work meet these at compile time, with a message that says what to do. They are less specialised
// than the real verbs, so that they are chosen only where those don't fit.

extension Collection where Element: Codable & Sendable {
  /// Results that can't travel.
  @available(
    *, unavailable,
    message:
      "the result can't travel between ranks: f must return a type that is Codable & Sendable (a struct, enum, number, string, array …), not a tuple or a type that isn't Codable"
  )
  public func mapParallel<Result>(_ f: @Sendable (Element) throws -> Result) throws -> [Result] {
    preconditionFailure("unavailable")
  }

  /// No results.
  @available(
    *, unavailable,
    message:
      "f returns nothing, so that nothing could come back to rank 0: return a value for each item (a count, a Bool)"
  )
  @discardableResult
  public func mapParallel(_ f: @Sendable (Element) throws -> Void) throws -> [Void] {
    preconditionFailure("unavailable")
  }
}

extension Collection {
  /// Elements that can't travel.
  @available(
    *, unavailable,
    message:
      "the elements can't travel between ranks: they must be of a type that is Codable & Sendable (a struct, enum, number, string, array …), not a tuple or a type that isn't Codable"
  )
  public func mapParallel<Result>(_ f: (Element) throws -> Result) throws -> [Result] {
    preconditionFailure("unavailable")
  }
}

extension Parallel {
  /// Results that can't travel.
  @available(
    *, unavailable,
    message:
      "the result can't travel between ranks: f must return a type that is Codable & Sendable (a struct, enum, number, string, array …), not a tuple or a type that isn't Codable"
  )
  public func map<Result>(_ f: @Sendable (Base.Element) throws -> Result) throws -> [Result] {
    preconditionFailure("unavailable")
  }

  /// No results.
  @available(
    *, unavailable,
    message:
      "f returns nothing, so that nothing could come back to rank 0: return a value for each item (a count, a Bool)"
  )
  @discardableResult
  public func map(_ f: @Sendable (Base.Element) throws -> Void) throws -> [Void] {
    preconditionFailure("unavailable")
  }
}

extension Parallel {
  /// Results that can't travel.
  @available(
    *, unavailable,
    message:
      "the result can't travel between ranks: f must return a type that is Codable & Sendable (a struct, enum, number, string, array …), not a tuple or a type that isn't Codable"
  )
  @discardableResult
  public func mapAtRoot<Result>(_ f: @Sendable (Base.Element) throws -> Result) throws -> AtRoot<[Result]> {
    preconditionFailure("unavailable")
  }

  /// No results.
  @available(
    *, unavailable,
    message:
      "f returns nothing, so that nothing could come back to rank 0: return a value for each item (a count, a Bool)"
  )
  @discardableResult
  public func mapAtRoot(_ f: @Sendable (Base.Element) throws -> Void) throws -> AtRoot<[Void]> {
    preconditionFailure("unavailable")
  }
}

extension Parallel {
  /// Results that can't travel.
  @available(
    *, unavailable,
    message:
      "the result can't travel between ranks: f must return a type that is Codable & Sendable (a struct, enum, number, string, array …), not a tuple or a type that isn't Codable"
  )
  public func mapResults<Value>(_ f: @Sendable (Base.Element) throws -> Value) throws -> [Result<Value, SeppoError>] {
    preconditionFailure("unavailable")
  }

  /// No results.
  @available(
    *, unavailable,
    message:
      "f returns nothing, so that nothing could come back to rank 0: return a value for each item (a count, a Bool)"
  )
  @discardableResult
  public func mapResults(_ f: @Sendable (Base.Element) throws -> Void) throws -> [Result<Void, SeppoError>] {
    preconditionFailure("unavailable")
  }

  /// Results that can't travel.
  @available(
    *, unavailable,
    message:
      "the result can't travel between ranks: f must return a type that is Codable & Sendable (a struct, enum, number, string, array …), not a tuple or a type that isn't Codable"
  )
  @discardableResult
  public func mapResultsAtRoot<Value>(
    _ f: @Sendable (Base.Element) throws -> Value
  ) throws -> AtRoot<[Result<Value, SeppoError>]> {
    preconditionFailure("unavailable")
  }

  /// No results.
  @available(
    *, unavailable,
    message:
      "f returns nothing, so that nothing could come back to rank 0: return a value for each item (a count, a Bool)"
  )
  @discardableResult
  public func mapResultsAtRoot(_ f: @Sendable (Base.Element) throws -> Void) throws -> AtRoot<
    [Result<Void, SeppoError>]
  > {
    preconditionFailure("unavailable")
  }
}

extension AtRoot where Value: Collection, Value.Element: Codable & Sendable {
  /// Results that can't travel.
  @available(
    *, unavailable,
    message:
      "the result can't travel between ranks: f must return a type that is Codable & Sendable (a struct, enum, number, string, array …), not a tuple or a type that isn't Codable"
  )
  public func mapParallel<Result>(_ f: @Sendable (Value.Element) throws -> Result) throws -> [Result] {
    preconditionFailure("unavailable")
  }

  /// No results.
  @available(
    *, unavailable,
    message:
      "f returns nothing, so that nothing could come back to rank 0: return a value for each item (a count, a Bool)"
  )
  @discardableResult
  public func mapParallel(_ f: @Sendable (Value.Element) throws -> Void) throws -> [Void] {
    preconditionFailure("unavailable")
  }
}

extension AtRoot {
  /// A value that can't travel.
  @available(
    *, unavailable,
    message:
      "the value can't travel between ranks: it must be of a type that is Codable & Sendable (a struct, enum, number, string, array …), not Void, a tuple or a type that isn't Codable"
  )
  public func broadcast() throws -> Value {
    preconditionFailure("unavailable")
  }
}
