#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// A type whose canonical bytes are not those that its `encode(to:)` would write, because that is slow, loses
/// information, or depends on an iteration order that differs between processes.
///
/// Structs of plain memory and SIMD vectors do not conform: they may contain undefined padding bytes.
protocol CanonicalForm {
  /// The code of an array's elements, if the array is written as its memory; otherwise nil.
  static var canonicalMemoryCode: UInt16? { get }
  /// Writes the value at `source`.
  static func writeCanonical(_ source: UnsafeRawPointer, to place: CanonicalPlace) throws
}

extension CanonicalForm {
  static var canonicalMemoryCode: UInt16? { nil }
}

extension CanonicalForm where Self: FixedWidthInteger {
  static var canonicalMemoryCode: UInt16? {
    MemoryCode.scalar(isSigned ? MemoryCode.signed : MemoryCode.unsigned, bytes: MemoryLayout<Self>.size)
  }
  static func writeCanonical(_ source: UnsafeRawPointer, to place: CanonicalPlace) {
    place.node.append(integer: source.assumingMemoryBound(to: Self.self).pointee)
  }
}

extension Int: CanonicalForm {}
extension Int8: CanonicalForm {}
extension Int16: CanonicalForm {}
extension Int32: CanonicalForm {}
extension Int64: CanonicalForm {}
extension Int128: CanonicalForm {}
extension UInt: CanonicalForm {}
extension UInt8: CanonicalForm {}
extension UInt16: CanonicalForm {}
extension UInt32: CanonicalForm {}
extension UInt64: CanonicalForm {}
extension UInt128: CanonicalForm {}

extension Double: CanonicalForm {
  static var canonicalMemoryCode: UInt16? { MemoryCode.scalar(MemoryCode.floating, bytes: 8) }
  static func writeCanonical(_ source: UnsafeRawPointer, to place: CanonicalPlace) {
    place.node.append(CanonicalTag.float64, bits: source.assumingMemoryBound(to: Double.self).pointee.bitPattern)
  }
}

extension Float: CanonicalForm {
  static var canonicalMemoryCode: UInt16? { MemoryCode.scalar(MemoryCode.floating, bytes: 4) }
  static func writeCanonical(_ source: UnsafeRawPointer, to place: CanonicalPlace) {
    place.node.append(CanonicalTag.float32, bits: source.assumingMemoryBound(to: Float.self).pointee.bitPattern)
  }
}

#if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
  extension Float16: CanonicalForm {
    static var canonicalMemoryCode: UInt16? { MemoryCode.scalar(MemoryCode.floating, bytes: 2) }
    // Float16's `encode(to:)` converts to Float, which changes signalling NaNs.
    static func writeCanonical(_ source: UnsafeRawPointer, to place: CanonicalPlace) {
      place.node.append(CanonicalTag.float16, bits: source.assumingMemoryBound(to: Float16.self).pointee.bitPattern)
    }
  }
#endif

extension Bool: CanonicalForm {
  static func writeCanonical(_ source: UnsafeRawPointer, to place: CanonicalPlace) {
    place.node.append(source.assumingMemoryBound(to: Bool.self).pointee)
  }
}

extension String: CanonicalForm {
  static func writeCanonical(_ source: UnsafeRawPointer, to place: CanonicalPlace) {
    place.node.append(source.assumingMemoryBound(to: String.self).pointee)
  }
}

extension Data: CanonicalForm {
  static func writeCanonical(_ source: UnsafeRawPointer, to place: CanonicalPlace) {
    source.assumingMemoryBound(to: Data.self).pointee.withUnsafeBytes {
      place.node.append(CanonicalTag.data, counted: $0)
    }
  }
}

extension Optional: CanonicalForm where Wrapped: Encodable {
  static func writeCanonical(_ source: UnsafeRawPointer, to place: CanonicalPlace) throws {
    // Unwraps into a copy: an optional's payload need not be at the optional's address.
    guard let value = source.assumingMemoryBound(to: Wrapped?.self).pointee else {
      place.node.append(CanonicalTag.none)
      return
    }
    place.node.append(CanonicalTag.some)
    try place.writer.write(value, into: place.node, key: place.key, depth: place.depth + 1)
  }
}

/// Arrays of other elements use `encode(to:)`, which writes the same bytes.
extension Array: CanonicalForm where Element: CanonicalForm {
  static func writeCanonical(_ source: UnsafeRawPointer, to place: CanonicalPlace) throws {
    try source.assumingMemoryBound(to: [Element].self).pointee.withUnsafeBufferPointer { elements in
      if let code = Element.canonicalMemoryCode {
        place.node.append(CanonicalTag.memory, bits: code)
        place.node.append(bits: UInt64(elements.count))
        place.node.bytes.append(contentsOf: UnsafeRawBufferPointer(elements))
        return
      }
      place.node.append(CanonicalTag.list, bits: UInt64(elements.count))
      guard let start = elements.baseAddress else { return }
      for index in elements.indices { try Element.writeCanonical(UnsafeRawPointer(start + index), to: place.inside) }
    }
  }
}

extension Set: CanonicalForm where Element: Encodable {
  static func writeCanonical(_ source: UnsafeRawPointer, to place: CanonicalPlace) throws {
    let node = try place.writer.open(place)
    defer { place.writer.retire(node) }
    node.claim(.set)
    for element in source.assumingMemoryBound(to: Set<Element>.self).pointee {
      let start = node.bytes.count
      try place.writer.write(element, into: node, key: nil, depth: place.depth + 1)
      node.entries.append(.init(start: start, value: start, end: node.bytes.count))
    }
    try node.finish(into: place.node)
  }
}

extension Dictionary: CanonicalForm where Key: Encodable, Value: Encodable {
  static func writeCanonical(_ source: UnsafeRawPointer, to place: CanonicalPlace) throws {
    let node = try place.writer.open(place)
    defer { place.writer.retire(node) }
    node.claim(.dictionary)
    for (key, value) in source.assumingMemoryBound(to: [Key: Value].self).pointee {
      let start = node.bytes.count
      try place.writer.write(key, into: node, key: nil, depth: place.depth + 1)
      try place.writer.write(value, into: node, key: nil, depth: place.depth + 1)
      node.entries.append(.init(start: start, value: start, end: node.bytes.count))
    }
    try node.finish(into: place.node)
  }
}
