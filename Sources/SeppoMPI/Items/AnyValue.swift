import SeppoWire

/// What can be said of a value whose type is not known to have it.
enum AnyValue {
  /// By `==`, where the type has it; nil where it hasn't.
  static func areEqual(_ one: Any, _ other: Any) -> Bool? {
    func isEqual<Value: Equatable>(_ value: Value) -> Bool { value == other as? Value }
    return (one as? any Equatable).map { isEqual($0) }
  }

  /// By its canonical bytes, or by `==`: equal values may be encoded in another order, where a type writes a set as a list.
  static func areSame<Value: Encodable>(_ one: Value, _ other: Value) -> Bool {
    [one, other].withUnsafeBufferPointer { values in
      let marks = Canonical.marks(of: values, at: [0, 1])
      return marks[0] == marks[1]
    } || areEqual(one, other) == true
  }

  /// As a sentence names it, cut off where it is longer than so many characters.
  static func text(_ value: Any, atMost most: Int) -> String {
    let text = String(describing: value)
    return text.count > most ? text.prefix(most) + "…" : text
  }
}
