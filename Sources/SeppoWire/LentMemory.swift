/// Long arrays that stand in a message without having been copied into it: their memory is sent from where it is.
package struct LentMemory {
  private struct Part {
    /// Where in the writer's bytes this memory belongs.
    let offset: Int
    let bytes: UnsafeRawBufferPointer
  }

  private var parts: [Part] = []
  /// The arrays themselves: as long as they are kept, their memory stays as it is.
  private var arrays: [Any] = []

  package init() {}

  package var isEmpty: Bool { parts.isEmpty }

  /// Bytes.
  package var count: Int { parts.reduce(0) { $0 + $1.bytes.count } }

  /// Shorter memory is copied: that costs less than a piece of its own in a message.
  static let shortest = 1 << 16

  mutating func append(_ bytes: UnsafeRawBufferPointer, of array: Any, at offset: Int) {
    parts.append(Part(offset: offset, bytes: bytes))
    arrays.append(array)
  }

  /// What the writer has written, with what is lent in its places: the pieces of one message.
  package func pieces(in bytes: UnsafeRawBufferPointer) -> [UnsafeRawBufferPointer] {
    var pieces: [UnsafeRawBufferPointer] = []
    var start = 0
    for part in parts {
      if part.offset > start { pieces.append(UnsafeRawBufferPointer(rebasing: bytes[start..<part.offset])) }
      pieces.append(part.bytes)
      start = part.offset
    }
    if start < bytes.count { pieces.append(UnsafeRawBufferPointer(rebasing: bytes[start...])) }
    return pieces
  }
}

/// A type whose values may lend their memory: arrays of what is plain memory.
protocol LendsMemory {
  /// Writes what precedes the memory that stands at `source`, and lends that; false, and nothing is done, where it is short
  /// or isn't memory.
  static func lend(_ source: UnsafeRawPointer, to lent: inout LentMemory, _ writer: _WireWriter) -> Bool
}

extension Array: LendsMemory where Element: _PlainBytes {
  static func lend(_ source: UnsafeRawPointer, to lent: inout LentMemory, _ writer: _WireWriter) -> Bool {
    let array = source.assumingMemoryBound(to: [Element].self).pointee
    let stride = MemoryLayout<Element>.stride
    guard let code = Element._memoryCode, array.count * stride >= LentMemory.shortest else { return false }
    // Kept with the array, whose elements nobody changes: it is a value.
    array.withUnsafeBytes { bytes in
      let head = writer.append(
        uninitialized: 3 + VariableLength.bytes(of: stride) + VariableLength.bytes(of: array.count))
      head[0] = Tag.memory
      head[1] = UInt8(truncatingIfNeeded: code)
      head[2] = UInt8(truncatingIfNeeded: code >> 8)
      var offset = 3
      VariableLength.write(stride, to: head, at: &offset)
      VariableLength.write(array.count, to: head, at: &offset)
      lent.append(bytes, of: array, at: writer.count)
    }
    return true
  }
}

extension Items {
  /// Writes the items, but for the memory of long arrays, which is lent.
  ///
  /// - Throws: as ``write(_:to:)``.
  package static func write<T: Encodable>(
    _ items: UnsafeBufferPointer<T>, to writer: _WireWriter, lending lent: inout LentMemory
  ) throws(WireError) {
    guard let lender = T.self as? any LendsMemory.Type else { return try write(items, to: writer) }
    for index in items.indices {
      guard let item = items.baseAddress.map({ $0 + index }), !lender.lend(item, to: &lent, writer) else { continue }
      do {
        try write(UnsafeBufferPointer(start: item, count: 1), to: writer)
      } catch {
        throw WireError(encoding: T.self, item: index, error: error)
      }
    }
  }
}
