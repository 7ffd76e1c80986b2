/// Cached properties of a type: casts to protocols take longer than encoding a small value.
final class TypeTraits {
  /// The type, if it has a built-in wire form, which is used instead of Codable.
  let plain: (any _PlainBytes.Type)?
  let isOptional: Bool
  let isClass: Bool
  /// The reason why the type breaks the promise of `PlainMemory`, if it does. Then its values can't be encoded.
  let invalidReason: String?

  init(_ type: Any.Type) {
    plain = type as? any _PlainBytes.Type
    isOptional = type is any OptionalType.Type
    isClass = type is AnyClass
    invalidReason =
      plain == nil ? nil : PlainMemoryPromise.broken(in: type).map { "\($0.type): \($0.reason)" }
  }
}

private protocol OptionalType {}
extension Optional: OptionalType {}
