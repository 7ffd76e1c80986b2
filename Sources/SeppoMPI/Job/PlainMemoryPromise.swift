import SeppoWire

extension PlainMemoryPromise {
  /// Checks the types and their parts.
  ///
  /// - Throws: `SeppoError.badOption` if one of them conforms to `PlainMemory` but contains other than plain memory.
  static func check(_ types: [Any.Type], place: String) throws(SeppoError) {
    for type in types {
      guard let (type, reason) = broken(in: type) else { continue }
      throw .badOption(.init(name: "\(type)", reason: reason, place: place))
    }
  }
}
