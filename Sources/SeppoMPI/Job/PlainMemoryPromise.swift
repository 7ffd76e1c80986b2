import SeppoWire

extension PlainMemoryPromise {
  /// - Throws: `SeppoError.badOption` where one of these types, or of what they hold, is said to be plain memory and isn't.
  static func check(_ types: [Any.Type], place: String) throws(SeppoError) {
    for type in types {
      guard let (type, reason) = broken(in: type) else { continue }
      throw .badOption(.init(name: "\(type)", reason: reason, place: place))
    }
  }
}
