import Synchronization

/// What a type says with `PlainMemory`, that every byte is a value, no compiler sees to. It is looked at in a value of zeros,
/// once a type.
package enum PlainMemoryPromise {
  private static let known = Mutex<[ObjectIdentifier: String?]>([:])

  /// Returns what is wrong, where this type, or what arrays, optionals, sets and dictionaries of that type hold, is said to be
  /// plain memory and isn't.
  package static func broken(in type: Any.Type) -> (type: Any.Type, reason: String)? {
    if let plain = type as? any PlainMemory.Type { return reason(plain).map { (plain, $0) } }
    guard let holder = type as? any HoldsValues.Type else { return nil }
    return holder.held.lazy.compactMap { broken(in: $0) }.first
  }

  private static func reason(_ type: any PlainMemory.Type) -> String? {
    known.withLock { known in
      if let reason = known[ObjectIdentifier(type)] { return reason }
      let reason = misfit(in: type).map { field in
        """
        it is said to be PlainMemory, but \(field.name) is \(field.kind), and not every byte is one: take that conformance \
        away (Codable alone will do), or make it a number
        """
      }
      known[ObjectIdentifier(type)] = .some(reason)
      return reason
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

private protocol HoldsValues {
  static var held: [Any.Type] { get }
}

extension Array: HoldsValues {
  fileprivate static var held: [Any.Type] { [Element.self] }
}

extension ContiguousArray: HoldsValues {
  fileprivate static var held: [Any.Type] { [Element.self] }
}

extension Optional: HoldsValues {
  fileprivate static var held: [Any.Type] { [Wrapped.self] }
}

extension Set: HoldsValues {
  fileprivate static var held: [Any.Type] { [Element.self] }
}

extension Dictionary: HoldsValues {
  fileprivate static var held: [Any.Type] { [Key.self, Value.self] }
}
