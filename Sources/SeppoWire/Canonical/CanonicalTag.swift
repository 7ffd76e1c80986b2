/// The first byte of every canonical value, which determines what follows. Numbers are little-endian, counts and
/// lengths have 8 bytes.
enum CanonicalTag {
  /// A value that wrote nothing.
  static let empty: UInt8 = 0x00
  /// A value that called `encodeNil()` itself. Different from `none`: an optional whose `encode(to:)` is called
  /// directly writes `null` if it is nil, and `none` if it wraps a nil.
  static let null: UInt8 = 0x01
  /// An optional's nil.
  static let none: UInt8 = 0x02
  /// Before an optional's value.
  static let some: UInt8 = 0x03
  static let `false`: UInt8 = 0x04
  static let `true`: UInt8 = 0x05

  // Integers of any type, in the first of these that can represent them.
  static let int64: UInt8 = 0x06
  static let uint64: UInt8 = 0x07
  static let int128: UInt8 = 0x08
  static let uint128: UInt8 = 0x09

  // Bit patterns.
  static let float16: UInt8 = 0x0A
  static let float32: UInt8 = 0x0B
  static let float64: UInt8 = 0x0C

  /// A length, then UTF-8.
  static let string: UInt8 = 0x0D
  /// A length, then bytes.
  static let data: UInt8 = 0x0E
  /// A code of the element (2 bytes), a count, then the memory of an array of numbers.
  static let memory: UInt8 = 0x0F
  /// A count, then values.
  static let list: UInt8 = 0x10
  /// A count, then keys (length, UTF-8) each with its value, sorted by the keys' bytes.
  static let keyed: UInt8 = 0x11
  /// A count, then values, sorted by their bytes.
  static let set: UInt8 = 0x12
  /// A count, then pairs of values, sorted by their bytes.
  static let dictionary: UInt8 = 0x13
  /// A digest (16 bytes) of the bytes of a deeply nested value.
  static let digest: UInt8 = 0x14
}
