/// The first byte of every value, which determines what follows.
///
/// A byte of 128 or more is an integer from 0 to 127 by itself.
enum Tag {
  /// A value that wrote nothing.
  static let empty: UInt8 = 0x00
  static let null: UInt8 = 0x01
  /// Precedes a wrapped value that itself begins with `null` or `some`, so that nested optionals are distinguished.
  static let some: UInt8 = 0x02
  static let `false`: UInt8 = 0x03
  static let `true`: UInt8 = 0x04

  // Integers, little-endian, in the fewest bytes that can represent them.
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
  /// The start index of a slice in its base (variable), a length (variable), then bytes.
  static let slice: UInt8 = 0x0F
  /// A code of the element (2 bytes), stride and count (variable), then the memory of the elements.
  static let memory: UInt8 = 0x12
  /// A length (6 bytes), then keys (length, UTF-8) each followed by its value.
  static let keyed: UInt8 = 0x13
  /// Like `keyed`, with duplicate keys. The last value of a key counts.
  static let keyedWithDuplicates: UInt8 = 0x14
  /// A length (6 bytes), then values.
  static let unkeyed: UInt8 = 0x15

  /// The number of a shape (4 bytes), a length (6 bytes), then the values in the order of the shape's keys.
  static let shaped: UInt8 = 0x16
  /// Not a value, but the start of the table of shapes at the end of a part: the number of shapes; for each, the number
  /// of keys and the keys (length, UTF-8); then the length of the table (6 bytes).
  static let shapes: UInt8 = 0x17

  /// Added to an integer from 0 to 127.
  static let smallInteger: UInt8 = 0x80

  /// Number of bytes of a container's length.
  static let lengthBytes = 6
  /// Number of bytes of a shape's number.
  static let shapeBytes = 4
}

/// Maximum nesting depth of values. A deeper value is assumed to contain a reference cycle.
///
/// An enum case with a payload takes two levels, so an indirect enum may nest 60,000 deep. The stack for them is
/// provided on demand (`StackSpace`), so the limit is the same on every thread and every rank.
package let maxNestingDepth = 120_000

extension Int {
  /// The number with thousands separators: 120,000.
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

/// The message for a type that nests by calls such as `superEncoder()` alone, which can't move to another stack.
let noStackMessage = """
  values that are coded by superEncoder() or nestedContainer() alone nest too deep for this thread's stack. Usually the cause is a \
  cycle of references, which can't be encoded; otherwise, call encode(_:) for the inner values
  """

/// The message for a value that nests deeper than the limit.
func tooDeepMessage(_ maxDepth: Int) -> String {
  """
  values nest deeper than \(maxDepth.grouped) levels (an enum case with a payload takes two). Usually the cause is a \
  cycle of references, which can't be encoded: give each object a number, and encode that number instead of the \
  reference
  """
}
