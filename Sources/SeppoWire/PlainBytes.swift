/// A type with a built-in wire form, which is used instead of `Codable`: numbers, SIMD vectors, strings, and arrays of
/// these.
///
/// Don't conform to it directly. For your own structs, use `PlainMemory`.
public protocol _PlainBytes {
  /// The code of an array's elements, if the array can be copied as memory; otherwise nil.
  static var _memoryCode: UInt16? { get }
  /// Writes the value at `source`.
  static func _write(_ source: UnsafeRawPointer, to target: _WireTarget)
  /// Reads a value into uninitialised memory.
  static func _read(from reader: inout _WireCursor, to destination: UnsafeMutableRawPointer) throws
}

/// A struct of plain memory. Arrays of it are sent as memory, at the speed of a copy.
///
/// ```swift
/// struct Particle: Codable, Sendable { var position: SIMD3<Double>; var mass: Double }
/// extension Particle: PlainMemory {}
/// ```
///
/// By conforming, you promise that the struct contains no pointers, and that every bit pattern of its size is a valid
/// value. So it must not contain a `Bool`, an enum or an `Optional`: received bytes are not checked, and an invalid
/// value is undefined behaviour. The compiler checks that it contains no references (`BitwiseCopyable`).
public protocol PlainMemory: BitwiseCopyable, _PlainBytes {}

extension _PlainBytes where Self: FixedWidthInteger {
  public static var _memoryCode: UInt16? {
    MemoryCode.scalar(isSigned ? MemoryCode.signed : MemoryCode.unsigned, bytes: MemoryLayout<Self>.size)
  }
  public static func _write(_ source: UnsafeRawPointer, to target: _WireTarget) {
    target.write(integer: source.assumingMemoryBound(to: Self.self).pointee)
  }
  public static func _read(from reader: inout _WireCursor, to destination: UnsafeMutableRawPointer) throws {
    destination.initializeMemory(as: Self.self, to: try reader.readInteger(Self.self))
  }
}

extension Int: _PlainBytes {}
extension Int8: _PlainBytes {}
extension Int16: _PlainBytes {}
extension Int32: _PlainBytes {}
extension Int64: _PlainBytes {}
extension Int128: _PlainBytes {}
extension UInt: _PlainBytes {}
extension UInt8: _PlainBytes {}
extension UInt16: _PlainBytes {}
extension UInt32: _PlainBytes {}
extension UInt64: _PlainBytes {}
extension UInt128: _PlainBytes {}

extension Double: _PlainBytes {
  public static var _memoryCode: UInt16? { MemoryCode.scalar(MemoryCode.floating, bytes: 8) }
  public static func _write(_ source: UnsafeRawPointer, to target: _WireTarget) {
    target.write(source.assumingMemoryBound(to: Double.self).pointee)
  }
  public static func _read(from reader: inout _WireCursor, to destination: UnsafeMutableRawPointer) throws {
    destination.initializeMemory(as: Double.self, to: try reader.readDouble())
  }
}

extension Float: _PlainBytes {
  public static var _memoryCode: UInt16? { MemoryCode.scalar(MemoryCode.floating, bytes: 4) }
  public static func _write(_ source: UnsafeRawPointer, to target: _WireTarget) {
    target.write(source.assumingMemoryBound(to: Float.self).pointee)
  }
  public static func _read(from reader: inout _WireCursor, to destination: UnsafeMutableRawPointer) throws {
    destination.initializeMemory(as: Float.self, to: try reader.readFloat())
  }
}

#if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
  extension Float16: _PlainBytes {
    public static var _memoryCode: UInt16? { MemoryCode.scalar(MemoryCode.floating, bytes: 2) }
    // Float16's `encode(to:)` converts to Float, which changes signalling NaNs.
    public static func _write(_ source: UnsafeRawPointer, to target: _WireTarget) {
      target.write(bits: source.assumingMemoryBound(to: Float16.self).pointee.bitPattern, tag: Tag.float16)
    }
    public static func _read(from reader: inout _WireCursor, to destination: UnsafeMutableRawPointer) throws {
      destination.initializeMemory(
        as: Float16.self, to: Float16(bitPattern: try reader.readFloat16Bits(as: Float16.self)))
    }
  }
#endif

extension Bool: _PlainBytes {
  /// Nil, because not every byte is a valid `Bool`.
  public static var _memoryCode: UInt16? { nil }
  public static func _write(_ source: UnsafeRawPointer, to target: _WireTarget) {
    target.write(source.assumingMemoryBound(to: Bool.self).pointee)
  }
  public static func _read(from reader: inout _WireCursor, to destination: UnsafeMutableRawPointer) throws {
    destination.initializeMemory(as: Bool.self, to: try reader.readBool())
  }
}

extension String: _PlainBytes {
  public static var _memoryCode: UInt16? { nil }
  public static func _write(_ source: UnsafeRawPointer, to target: _WireTarget) {
    target.write(source.assumingMemoryBound(to: String.self).pointee)
  }
  public static func _read(from reader: inout _WireCursor, to destination: UnsafeMutableRawPointer) throws {
    destination.initializeMemory(as: String.self, to: try reader.readString())
  }
}

/// Values with the same bytes in the wire form as in memory.
extension _PlainBytes {
  static func writeMemory(_ source: UnsafeRawPointer, code: UInt16, to target: _WireTarget) {
    let bytes = UnsafeRawBufferPointer(start: source, count: MemoryLayout<Self>.size)
    target.write(memory: bytes, code: code, stride: MemoryLayout<Self>.stride, count: 1)
  }

  static func readMemory(code: UInt16, from reader: inout _WireCursor, to destination: UnsafeMutableRawPointer) throws {
    let memory = try reader.readMemory(code: code, stride: MemoryLayout<Self>.stride, as: Self.self)
    guard memory.count == 1 else { throw reader.corrupted("found \(memory.count) values instead of one") }
    destination.copyMemory(from: memory.bytes.baseAddress!, byteCount: MemoryLayout<Self>.size)
  }
}

extension PlainMemory {
  public static var _memoryCode: UInt16? { MemoryCode.custom }
  public static func _write(_ source: UnsafeRawPointer, to target: _WireTarget) {
    writeMemory(source, code: MemoryCode.custom, to: target)
  }
  public static func _read(from reader: inout _WireCursor, to destination: UnsafeMutableRawPointer) throws {
    try readMemory(code: MemoryCode.custom, from: &reader, to: destination)
  }
}

extension _PlainBytes where Self: SIMD, Self.Scalar: _PlainBytes {
  static var vectorCode: UInt16 { MemoryCode.vector(of: Scalar._memoryCode ?? MemoryCode.custom, lanes: scalarCount) }

  public static var _memoryCode: UInt16? { vectorCode }
  public static func _write(_ source: UnsafeRawPointer, to target: _WireTarget) {
    writeMemory(source, code: vectorCode, to: target)
  }
  public static func _read(from reader: inout _WireCursor, to destination: UnsafeMutableRawPointer) throws {
    try readMemory(code: vectorCode, from: &reader, to: destination)
  }
}

extension SIMD2: _PlainBytes where Scalar: _PlainBytes {}
extension SIMD3: _PlainBytes where Scalar: _PlainBytes {}
extension SIMD4: _PlainBytes where Scalar: _PlainBytes {}
extension SIMD8: _PlainBytes where Scalar: _PlainBytes {}
extension SIMD16: _PlainBytes where Scalar: _PlainBytes {}
extension SIMD32: _PlainBytes where Scalar: _PlainBytes {}
extension SIMD64: _PlainBytes where Scalar: _PlainBytes {}

extension Array: _PlainBytes where Element: _PlainBytes {
  public static var _memoryCode: UInt16? { nil }

  public static func _write(_ source: UnsafeRawPointer, to target: _WireTarget) {
    source.assumingMemoryBound(to: [Element].self).pointee.withUnsafeBufferPointer { elements in
      if let code = Element._memoryCode {
        let bytes = UnsafeRawBufferPointer(elements)
        target.write(memory: bytes, code: code, stride: MemoryLayout<Element>.stride, count: elements.count)
      } else {
        target.write(list: elements)
      }
    }
  }

  public static func _read(from reader: inout _WireCursor, to destination: UnsafeMutableRawPointer) throws {
    destination.initializeMemory(as: [Element].self, to: try reader.readArray(of: Element.self))
  }
}
