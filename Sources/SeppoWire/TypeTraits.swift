/// What the coder asks of a type, once: casts to protocols cost more than the coding of a small value.
final class TypeTraits {
  /// Set where the type has a wire form of its own, that Codable isn't asked for.
  let plain: (any _PlainBytes.Type)?
  let isOptional: Bool
  let isClass: Bool
  /// Why values of this type can't be coded, though it says so.
  let broken: String?

  init(_ type: Any.Type) {
    plain = type as? any _PlainBytes.Type
    isOptional = type is any OptionalType.Type
    isClass = type is AnyClass
    broken =
      plain == nil ? nil : PlainMemoryPromise.broken(in: type).map { "\($0.type): \($0.reason)" }
  }
}

private protocol OptionalType {}
extension Optional: OptionalType {}
