/// Writes and reads sequences of items or results in the wire form.
///
/// One call to `write` writes a part: the items, then the table of their containers' shapes, if any. **One call to
/// `read` reads one whole part.** Adjacent parts are read separately, even if one writer wrote them. (Parts of items
/// with a built-in wire form have no table and can be concatenated.)
package enum Items {
  /// Whether arrays of this type are sent as their memory. Slow: call it once per `map`.
  package static func areMemory(_ type: Any.Type) -> Bool {
    (type as? any _PlainBytes.Type)?._memoryCode != nil || (type as? any _TupleItem.Type)?.areMemory == true
  }

  /// Whether Seppo encodes the type itself, bit by bit, instead of calling its `encode(to:)`.
  package static func haveOwnForm(_ type: Any.Type) -> Bool {
    type is any _PlainBytes.Type || (type as? any _TupleItem.Type)?.haveOwnForm == true
  }

  /// Appends the items to the writer as one part.
  ///
  /// - Throws: `WireError` for the first item that can't be encoded. The items before it have been written.
  package static func write<T: Encodable>(_ items: UnsafeBufferPointer<T>, to writer: WireWriter) throws(WireError) {
    if areMemory(T.self) {
      writer.append(UnsafeRawBufferPointer(items))
      return
    }
    let traits = writer.traits(of: T.self)
    writer.stack = StackSpace()
    for index in items.indices {
      do {
        try writer.writeItem(items.baseAddress! + index, traits)
      } catch {
        if index > 0 { writer.endPart() } else { writer.releaseContainers() }
        throw WireError(encoding: T.self, item: index, error: error)
      }
    }
    writer.endPart()
  }

  /// Reads a part's items into uninitialised memory, up to the first one that can't be decoded.
  ///
  /// - Parameter bytes: the bytes written by one call to `write`, and nothing else.
  /// - Returns: the number of initialised items, and an error if the bytes are not exactly `items.count` items of the
  ///   type. The error's item is the first one that was not initialised.
  package static func read<T: Decodable>(
    _ items: UnsafeMutableBufferPointer<T>, from bytes: UnsafeRawBufferPointer
  ) -> (done: Int, error: WireError?) {
    if areMemory(T.self) { return readMemory(items, from: bytes) }
    let reader = WireReader(bytes)
    defer { reader.releaseContainers() }
    let traits = reader.traits(of: T.self)
    var cursor = _WireCursor(reader: reader, node: -1, offset: 0, limit: bytes.count)
    var done = 0
    do {
      while done < items.count {
        (items.baseAddress! + done).initialize(to: try reader.read(T.self, traits, at: &cursor, key: nil))
        done += 1
      }
      if !reader.isEndOfItems(cursor.offset) {
        // The bytes may be those of other items, so none of these can be trusted.
        UnsafeMutableBufferPointer(rebasing: items[..<done]).deinitialize()
        done = 0
        throw cursor.corrupted("\(cursor.limit - cursor.offset) bytes follow the last item")
      }
      return (done, nil)
    } catch {
      return (done, WireError(decoding: T.self, item: done, error: error))
    }
  }

  private static func readMemory<T: Decodable>(
    _ items: UnsafeMutableBufferPointer<T>, from bytes: UnsafeRawBufferPointer
  ) -> (done: Int, error: WireError?) {
    guard bytes.count == items.count * MemoryLayout<T>.stride else {
      let reason = "received \(bytes.count) bytes for \(items.count) items of \(MemoryLayout<T>.stride) bytes each"
      let error = DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: reason))
      return (0, WireError(decoding: T.self, item: 0, error: error))
    }
    UnsafeMutableRawBufferPointer(items).copyMemory(from: bytes)
    return (items.count, nil)
  }
}
