/// Items and results on the wire: one after another.
///
/// What one call of `write` writes is a part: the items, and behind them the table of the shapes that their containers
/// have, if any. **A part is read as it was written, whole, by one call of `read`**: parts that stand side by side, whether
/// one writer wrote them or several, are read one by one. (Items that have their own form have no table: of these, parts
/// can be joined.)
package enum Items {
  /// Whether arrays of this type travel as they stand in memory. To be asked once a call.
  package static func areMemory(_ type: Any.Type) -> Bool {
    (type as? any _PlainBytes.Type)?._memoryCode != nil
  }

  /// Whether the type is coded by Seppo itself, bit for bit, and not by an `encode(to:)` of its own.
  package static func haveOwnForm(_ type: Any.Type) -> Bool { type is any _PlainBytes.Type }

  /// Writes the items as a part of their own behind what the writer holds.
  ///
  /// - Throws: `WireError` for the first one that can't be encoded; those before it have been written.
  package static func write<T: Encodable>(_ items: UnsafeBufferPointer<T>, to writer: _WireWriter) throws(WireError) {
    if areMemory(T.self) {
      writer.append(UnsafeRawBufferPointer(items))
      return
    }
    let traits = writer.traits(of: T.self)
    writer.stack = StackRoom()
    for index in items.indices {
      do {
        try writer.writeItem(items.baseAddress! + index, traits)
      } catch {
        if index > 0 { writer.endPart() } else { writer.forget() }
        throw WireError(encoding: T.self, item: index, error: error)
      }
    }
    writer.endPart()
  }

  /// Reads a part's items into uninitialised memory, up to the first that can't be read.
  ///
  /// - Parameter bytes: what one call of `write` wrote, and nothing else.
  /// - Returns: how many items were initialised, and the error, if the bytes don't hold just so many items of the type.
  ///   The error's item is then the first one that was not initialised.
  package static func read<T: Decodable>(
    _ items: UnsafeMutableBufferPointer<T>, from bytes: UnsafeRawBufferPointer
  ) -> (done: Int, error: WireError?) {
    if areMemory(T.self) { return readMemory(items, from: bytes) }
    let reader = _WireReader(bytes)
    defer { reader.forget() }
    let traits = reader.traits(of: T.self)
    var cursor = _WireCursor(reader: reader, node: -1, offset: 0, limit: bytes.count)
    var done = 0
    do {
      while done < items.count {
        (items.baseAddress! + done).initialize(to: try reader.read(T.self, traits, at: &cursor, key: nil))
        done += 1
      }
      if !reader.isEndOfItems(cursor.offset) {
        // Whose bytes they are can't be told: none of the items is believed.
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
      let reason = "\(bytes.count) bytes came for \(items.count) items of \(MemoryLayout<T>.stride)"
      let error = DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: reason))
      return (0, WireError(decoding: T.self, item: 0, error: error))
    }
    UnsafeMutableRawBufferPointer(items).copyMemory(from: bytes)
    return (items.count, nil)
  }
}
