#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// `Data` writes itself byte by byte where it isn't asked otherwise.
extension Data: _PlainBytes {
  public static var _memoryCode: UInt16? { nil }

  public static func _write(_ source: UnsafeRawPointer, to target: _WireTarget) {
    source.assumingMemoryBound(to: Data.self).pointee.withUnsafeBytes { target.write(counted: $0, tag: Tag.data) }
  }

  public static func _read(from reader: inout _WireCursor, to destination: UnsafeMutableRawPointer) throws {
    destination.initializeMemory(as: Data.self, to: Data(try reader.readCounted(Tag.data, as: Data.self)))
  }
}
