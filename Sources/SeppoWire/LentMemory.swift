/// The memory of long arrays that are part of a message but not copied into its buffer (zero-copy).
package struct LentMemory {
  private struct Part {
    /// The position of this memory in the writer's bytes.
    let offset: Int
    let bytes: UnsafeRawBufferPointer
  }

  private var parts: [Part] = []
  /// The arrays, retained so that their memory is neither freed nor changed.
  private var arrays: [Any] = []

  package init() {}

  package var isEmpty: Bool { parts.isEmpty }

  /// Total size, in bytes.
  package var count: Int { parts.reduce(0) { $0 + $1.bytes.count } }

  /// Minimum size of lent memory, in bytes. Copying less than that is faster than sending a separate piece.
  static let shortest = 1 << 16

  mutating func append(_ bytes: UnsafeRawBufferPointer, of array: Any, at offset: Int) {
    parts.append(Part(offset: offset, bytes: bytes))
    arrays.append(array)
  }

  /// Returns the pieces of one message: the writer's bytes with the lent memory inserted.
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

/// A type whose values may lend their memory: arrays of plain memory.
protocol LendsMemory {
  /// Writes the header of the array at `source`, and lends the array's memory. Does nothing and returns false if the
  /// array is short or its elements are not plain memory.
  static func lend(_ source: UnsafeRawPointer, to lent: inout LentMemory, _ writer: WireWriter) -> Bool
}

extension Array: LendsMemory where Element: _PlainBytes {
  static func lend(_ source: UnsafeRawPointer, to lent: inout LentMemory, _ writer: WireWriter) -> Bool {
    let array = source.assumingMemoryBound(to: [Element].self).pointee
    let stride = MemoryLayout<Element>.stride
    guard let code = Element._memoryCode, array.count * stride >= LentMemory.shortest else { return false }
    // The pointer stays valid: `lent` retains the array, and a shared array's buffer is never mutated.
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
  /// Like ``write(_:to:)``, but lends the memory of long arrays instead of copying it.
  package static func write<T: Encodable>(
    _ items: UnsafeBufferPointer<T>, to writer: WireWriter, lending lent: inout LentMemory
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
