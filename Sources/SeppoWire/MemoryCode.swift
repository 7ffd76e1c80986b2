/// Codes of the element types of arrays sent as memory, so that an array is not decoded as another type.
enum MemoryCode {
  static let signed: UInt16 = 0x10
  static let unsigned: UInt16 = 0x20
  static let floating: UInt16 = 0x30
  /// A user-defined struct, of which only the stride is known.
  static let custom: UInt16 = 0xFF

  static func scalar(_ kind: UInt16, bytes: Int) -> UInt16 { kind | UInt16(bytes.trailingZeroBitCount) }

  static func vector(of scalar: UInt16, lanes: Int) -> UInt16 { scalar | UInt16(lanes) << 8 }

  /// Writes one element of an array's memory in the form of a single value.
  static func rewrite(_ bytes: UnsafeRawBufferPointer, code: UInt16, to target: _WireTarget) {
    if !rewrite(number: bytes, code: code, to: target) {
      target.write(memory: bytes, code: code, stride: bytes.count, count: 1)
    }
  }

  /// Returns false if the element is not a number or has another size.
  private static func rewrite(number bytes: UnsafeRawBufferPointer, code: UInt16, to target: _WireTarget) -> Bool {
    func load<T: BitwiseCopyable>(_ type: T.Type) -> T? {
      bytes.count == MemoryLayout<T>.size ? bytes.loadUnaligned(as: T.self) : nil
    }
    func integer<I: FixedWidthInteger & BitwiseCopyable>(_ type: I.Type) -> Bool {
      guard let value = load(type) else { return false }
      target.write(integer: value)
      return true
    }
    func bits<B: FixedWidthInteger & BitwiseCopyable>(_ type: B.Type, tag: UInt8) -> Bool {
      guard let value = load(type) else { return false }
      target.write(bits: value, tag: tag)
      return true
    }
    switch code {
    case scalar(signed, bytes: 1): return integer(Int8.self)
    case scalar(signed, bytes: 2): return integer(Int16.self)
    case scalar(signed, bytes: 4): return integer(Int32.self)
    case scalar(signed, bytes: 8): return integer(Int64.self)
    case scalar(signed, bytes: 16): return integer(Int128.self)
    case scalar(unsigned, bytes: 1): return integer(UInt8.self)
    case scalar(unsigned, bytes: 2): return integer(UInt16.self)
    case scalar(unsigned, bytes: 4): return integer(UInt32.self)
    case scalar(unsigned, bytes: 8): return integer(UInt64.self)
    case scalar(unsigned, bytes: 16): return integer(UInt128.self)
    case scalar(floating, bytes: 2): return bits(UInt16.self, tag: Tag.float16)
    case scalar(floating, bytes: 4): return bits(UInt32.self, tag: Tag.float32)
    case scalar(floating, bytes: 8): return bits(UInt64.self, tag: Tag.float64)
    default: return false
    }
  }
}
