#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// `Data`'s own `encode(to:)` writes its bytes one by one.
extension Data: _PlainBytes {
  public static var _memoryCode: UInt16? { nil }

  public static func _write(_ source: UnsafeRawPointer, to target: _WireTarget) {
    let data = source.assumingMemoryBound(to: Data.self).pointee
    data.withUnsafeBytes { bytes in
      if data.startIndex == 0 {
        target.write(counted: bytes, tag: Tag.data)
      } else {
        target.write(slice: bytes, at: data.startIndex)
      }
    }
  }

  public static func _read(from reader: inout _WireCursor, to destination: UnsafeMutableRawPointer) throws {
    let data = try reader.isSlice() ? reader.readSlice() : Data(reader.readCounted(Tag.data, as: Data.self))
    destination.initializeMemory(as: Data.self, to: data)
  }
}

extension _WireCursor {
  fileprivate func isSlice() throws -> Bool { try tag() == Tag.slice }

  fileprivate mutating func readSlice() throws -> Data {
    let (index, bytes) = try readSliceBytes()
    if let data = reader.slices?.store(bytes, at: index) { return data }
    reader.slices = SliceMemory(for: bytes.count, at: index)
    guard let data = reader.slices?.store(bytes, at: index) else {
      throw corrupted("no memory for \(bytes.count) bytes at index \(index) of the data that they are a slice of")
    }
    return data
  }
}
