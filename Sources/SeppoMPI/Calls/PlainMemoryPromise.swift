import SeppoWire

/// What a type says with `PlainMemory`, that every byte is a value, is no compiler's business: it is looked at at a call's
/// first time.
enum PlainMemoryPromise {
  /// - Throws: `SeppoError.badOption` where one of these types, or of their elements, holds what not every byte is a value of.
  static func check(_ types: [Any.Type], place: String) throws(SeppoError) {
    for type in types {
      let element = (type as? any ArrayOfElements.Type)?.element ?? type
      guard let plain = element as? any PlainMemory.Type, let field = misfit(in: plain) else { continue }
      throw .badOption(
        name: "\(plain)",
        reason: """
          it is said to be PlainMemory, but \(field.name) is \(field.kind), and not every byte is one: take that conformance \
          away (Codable alone will do), or make it a number
          """, place: place)
    }
  }

  private static func misfit<Value: PlainMemory>(in type: Value.Type) -> (name: String, kind: String)? {
    withUnsafeTemporaryAllocation(of: Value.self, capacity: 1) { room in
      // Zeros are a value even of those that it shouldn't hold.
      UnsafeMutableRawBufferPointer(room).initializeMemory(as: UInt8.self, repeating: 0)
      return misfit(in: room[0], name: "")
    }
  }

  private static func misfit(in value: Any, name: String) -> (name: String, kind: String)? {
    if value is Bool { return (name, "a Bool") }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional: return (name, "an Optional")
    case .enum: return (name, "an enum")
    default:
      for child in mirror.children {
        let label = child.label ?? "a field"
        if let field = misfit(in: child.value, name: name.isEmpty ? label : "\(name).\(label)") { return field }
      }
      return nil
    }
  }
}

private protocol ArrayOfElements {
  static var element: Any.Type { get }
}

extension Array: ArrayOfElements {
  fileprivate static var element: Any.Type { Element.self }
}
