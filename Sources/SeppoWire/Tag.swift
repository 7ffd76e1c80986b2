/// The first byte of every value: what follows.
///
/// A byte of 128 or more is itself the whole number, 0 to 127.
enum Tag {
  /// A value that wrote nothing.
  static let empty: UInt8 = 0x00
  static let null: UInt8 = 0x01
  /// Before a wrapped value that itself begins with `null` or `some`, so that nested optionals stay apart.
  static let some: UInt8 = 0x02
  static let `false`: UInt8 = 0x03
  static let `true`: UInt8 = 0x04

  // Whole numbers, little-endian, in the fewest bytes that hold them.
  static let int8: UInt8 = 0x05
  static let int16: UInt8 = 0x06
  static let int32: UInt8 = 0x07
  static let int64: UInt8 = 0x08
  static let int128: UInt8 = 0x09
  static let uint64: UInt8 = 0x0A
  static let uint128: UInt8 = 0x0B

  // Bit patterns, little-endian.
  static let float16: UInt8 = 0x0C
  static let float32: UInt8 = 0x0D
  static let float64: UInt8 = 0x0E

  /// A length (variable), then UTF-8.
  static let string: UInt8 = 0x10
  /// A length (variable), then bytes.
  static let data: UInt8 = 0x11
  /// Where a slice begins in what it is a slice of, and a length (variable), then bytes.
  static let slice: UInt8 = 0x0F
  /// A code of the element (2 bytes), stride and count (variable), then the elements as they stand in memory.
  static let memory: UInt8 = 0x12
  /// A length (6 bytes), then keys (length, UTF-8) each followed by its value.
  static let keyed: UInt8 = 0x13
  /// The same, where a key stands more than once, and the last one counts.
  static let keyedAgain: UInt8 = 0x14
  /// A length (6 bytes), then values.
  static let unkeyed: UInt8 = 0x15

  /// The number of a shape (4 bytes), a length (6 bytes), then the values of the shape's keys in their order.
  static let shaped: UInt8 = 0x16
  /// No value: begins the table of shapes that ends a part. How many shapes there are, and of each how many keys and the
  /// keys (length, UTF-8); then the length of all that (6 bytes).
  static let shapes: UInt8 = 0x17

  static let smallest: UInt8 = 0x80

  /// Bytes of a container's length.
  static let lengthBytes = 6
  /// Bytes of a shape's number.
  static let shapeBytes = 4
}

/// How deep values may nest, each inside one before it; more is taken for a cycle.
///
/// An enum's case with a payload takes two levels: 60,000 of an indirect enum. The stack for them is found where it is
/// needed (`StackRoom`), so that the limit is the same on every thread and every rank.
package let deepestNesting = 120_000

extension Int {
  /// As 120,000.
  var grouped: String {
    var (rest, text) = (self, "")
    while rest >= 1_000 {
      let part = "\(rest % 1_000)"
      text = "," + String(repeating: "0", count: 3 - part.count) + part + text
      rest /= 1_000
    }
    return "\(rest)\(text)"
  }
}

/// What is said where a type goes deeper by itself, from one `superEncoder()` into the next: that can't go on elsewhere.
let noStack = """
  values nest deeper, by superEncoder() or nestedContainer() alone, than this thread's stack goes. Mostly that is a cycle of \
  references, which can't be encoded; otherwise encode(_:) what is inside
  """

/// What is said of a value that nests deeper.
func tooDeep(_ deepest: Int) -> String {
  """
  values nest deeper than \(deepest.grouped) levels (an enum's case with a payload takes two). Mostly that is a cycle of \
  references, which can't be encoded: give each object a number, and refer to it by that
  """
}
