/// What the coder asks of a type, once: casts to protocols cost more than the coding of a small value.
final class TypeTraits {
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

private protocol OptionalType {}
extension Optional: OptionalType {}
