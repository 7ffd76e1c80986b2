import Synchronization

/// Checks the promise of `PlainMemory` that every bit pattern is a valid value, which the compiler can't check. It
/// reflects a value of zeros, once per type.
package enum PlainMemoryPromise {
  /// The reason why each type breaks the promise, or nil if it doesn't.
  private static let known = Mutex<[ObjectIdentifier: String?]>([:])

  /// Returns the type that breaks the promise, and the reason: the given type, or the element type of an array,
  /// optional, set or dictionary, or the type of a tuple's part. Nil if none does.
  package static func broken(in type: Any.Type) -> (type: Any.Type, reason: String)? {
    if let plain = type as? any PlainMemory.Type { return reason(plain).map { (plain, $0) } }
    let parts = (type as? any Container.Type)?.elementTypes ?? (type as? any _TupleItem.Type)?.partTypes ?? []
    return parts.lazy.compactMap { broken(in: $0) }.first
  }

  private static func reason(_ type: any PlainMemory.Type) -> String? {
    known.withLock { known in
      if let reason = known[ObjectIdentifier(type)] { return reason }
      let reason = invalidField(in: type).map { field in
        """
        it conforms to PlainMemory, but \(field.name) is \(field.kind), and not every byte is a valid one: remove the \
        conformance (Codable is enough), or make the field a number
        """
      }
      known[ObjectIdentifier(type)] = .some(reason)
      return reason
    }
  }

  private static func invalidField<Value: PlainMemory>(in type: Value.Type) -> (name: String, kind: String)? {
    withUnsafeTemporaryAllocation(of: Value.self, capacity: 1) { memory in
      // Zeros are valid even for Bool, enums and optionals.
      UnsafeMutableRawBufferPointer(memory).initializeMemory(as: UInt8.self, repeating: 0)
      return invalidField(in: memory[0], name: "")
    }
  }

  private static func invalidField(in value: Any, name: String) -> (name: String, kind: String)? {
    if value is Bool { return (name, "a Bool") }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional: return (name, "an Optional")
    case .enum: return (name, "an enum")
    default:
      for child in mirror.children {
        let label = child.label ?? "a field"
        if let field = invalidField(in: child.value, name: name.isEmpty ? label : "\(name).\(label)") { return field }
      }
      return nil
    }
  }
}

/// A collection or optional, with the types of its elements.
private protocol Container {
  static var elementTypes: [Any.Type] { get }
}

extension Array: Container {
  fileprivate static var elementTypes: [Any.Type] { [Element.self] }
}

extension ContiguousArray: Container {
  fileprivate static var elementTypes: [Any.Type] { [Element.self] }
}

extension Optional: Container {
  fileprivate static var elementTypes: [Any.Type] { [Wrapped.self] }
}

extension Set: Container {
  fileprivate static var elementTypes: [Any.Type] { [Element.self] }
}

extension Dictionary: Container {
  fileprivate static var elementTypes: [Any.Type] { [Key.self, Value.self] }
}
