/// What the coder asks of a type, once.
struct TypeTraits {
  /// Set where the type has a wire form of its own, that Codable isn't asked for.
  let plain: (any _PlainBytes.Type)?
  let isOptional: Bool
  let isClass: Bool

  init(_ type: Any.Type) {
    plain = type as? any _PlainBytes.Type
    isOptional = type is any OptionalType.Type
    isClass = type is AnyClass
  }
}

/// Casts to protocols cost more than the coding of a small value, so what they gave is kept.
struct TypeTraitsCache {
  private var traits: [ObjectIdentifier: TypeTraits] = [:]
  private var lastType: ObjectIdentifier?
  private var last: TypeTraits?

  mutating func of(_ type: Any.Type) -> TypeTraits {
    let id = ObjectIdentifier(type)
    if lastType == id, let last { return last }
    let found: TypeTraits
    if let known = traits[id] {
      found = known
    } else {
      found = TypeTraits(type)
      traits[id] = found
    }
    lastType = id
    last = found
    return found
  }
}

private protocol OptionalType {}
extension Optional: OptionalType {}
