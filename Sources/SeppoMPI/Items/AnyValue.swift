import SeppoWire

/// Operations on values whose types may not support them.
enum AnyValue {
  /// Compares with `==`; returns nil if the type isn't `Equatable`.
  static func areEqual(_ one: Any, _ other: Any) -> Bool? {
    func isEqual<Value: Equatable>(_ value: Value) -> Bool { value == other as? Value }
    return (one as? any Equatable).map { isEqual($0) }
  }

  /// Compares canonical bytes, then with `==`: equal values may have different bytes, for example if a type encodes a set as a
  /// list.
  static func areSame<Value: Encodable>(_ one: Value, _ other: Value) -> Bool {
    [one, other].withUnsafeBufferPointer { values in
      let fingerprints = Canonical.fingerprints(of: values, at: [0, 1])
      return fingerprints[0] == fingerprints[1]
    } || areEqual(one, other) == true
  }

  /// Returns the value's description for a message, cut off after a maximum number of characters.
  static func text(_ value: Any, atMost maximum: Int) -> String {
    let text = String(describing: value)
    return text.count > maximum ? text.prefix(maximum) + "…" : text
  }
}
