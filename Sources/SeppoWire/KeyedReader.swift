/// A keyed container: keys are looked for from where the last one was found, so that a type that reads in the order in
/// which it wrote finds each at once.
struct KeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
  /// Its node's range is the container's content.
  let place: WireDecoder
  /// A key may stand more than once, and the last one counts.
  let lastCounts: Bool

  var codingPath: [any CodingKey] { place.codingPath }

  private func content() throws -> _WireCursor { try place.cursor() }

  var allKeys: [Key] {
    var keys: [Key] = []
    guard var cursor = try? content() else { return keys }
    // What is damaged is met again, and thrown, when the value is read.
    while !cursor.isAtEnd, let name = try? KeyedReader.readName(&cursor), let end = try? cursor.endOfValue() {
      if let name = String(validating: name, as: UTF8.self), let key = Key(stringValue: name),
        !lastCounts || !keys.contains(where: { $0.stringValue == key.stringValue })
      {
        keys.append(key)
      }
      cursor.offset = end
    }
    return keys
  }

  private static func readName(_ cursor: inout _WireCursor) throws -> UnsafeRawBufferPointer {
    let length = try cursor.readLength()
    guard length <= cursor.limit - cursor.offset else { throw cursor.corrupted("the bytes end within a key") }
    defer { cursor.offset += length }
    return UnsafeRawBufferPointer(rebasing: cursor.reader.bytes[cursor.offset..<(cursor.offset + length)])
  }

  /// At the value under this key, if there is one.
  private func find(_ key: some CodingKey) throws -> _WireCursor? {
    let content = try content()
    var name = key.stringValue
    let found = try name.withUTF8 { wanted -> Int? in
      func search(from start: Int, to end: Int) throws -> Int? {
        var cursor = content
        var last: Int?
        cursor.offset = start
        while cursor.offset < end {
          let entry = cursor.offset
          let name = try KeyedReader.readName(&cursor)
          if name.elementsEqual(wanted) {
            if !lastCounts { return entry }
            last = entry
          }
          cursor.offset = try cursor.endOfValue()
        }
        return last
      }
      if lastCounts { return try search(from: content.offset, to: content.limit) }
      let cursor = place.reader.nodes[place.node].cursor
      return try search(from: cursor, to: content.limit) ?? search(from: content.offset, to: cursor)
    }
    guard let found else { return nil }
    place.reader.setCursor(found, of: place.node)
    var value = content
    value.offset = found
    _ = try KeyedReader.readName(&value)
    return value
  }

  private func require(_ key: some CodingKey) throws -> _WireCursor {
    guard let cursor = try find(key) else {
      throw DecodingError.keyNotFound(
        key, .init(codingPath: codingPath + [key], debugDescription: "there is no value under \"\(key.stringValue)\""))
    }
    return cursor
  }

  private func read<T>(_ key: Key, _ body: (inout _WireCursor) throws -> T) throws -> T {
    var cursor = try require(key)
    do {
      let value = try body(&cursor)
      place.reader.setCursor(cursor.offset, of: place.node)
      return value
    } catch let error as DecodingError {
      throw error.under(key)
    }
  }

  func contains(_ key: Key) -> Bool { ((try? find(key)) ?? nil) != nil }

  func decodeNil(forKey key: Key) throws -> Bool { try require(key).tag() == Tag.null }
  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try read(key) { try $0.readBool() } }
  func decode(_ type: String.Type, forKey key: Key) throws -> String { try read(key) { try $0.readString() } }
  func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try read(key) { try $0.readDouble() } }
  func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try read(key) { try $0.readFloat() } }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try read(key) { try $0.readInteger(type) } }
  func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try read(key) { try $0.readInteger(type) } }
  func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try read(key) { try $0.readInteger(type) } }
  func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try read(key) { try $0.readInteger(type) } }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try read(key) { try $0.readInteger(type) } }
  func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 { try read(key) { try $0.readInteger(type) } }
  func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try read(key) { try $0.readInteger(type) } }
  func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try read(key) { try $0.readInteger(type) } }
  func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try read(key) { try $0.readInteger(type) } }
  func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try read(key) { try $0.readInteger(type) } }
  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try read(key) { try $0.readInteger(type) } }
  func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 { try read(key) { try $0.readInteger(type) } }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    try decode(type, at: require(key), key: key)
  }

  func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
    guard var cursor = try find(key) else { return nil }
    let tag = try cursor.tag()
    if tag == Tag.null { return nil }
    if tag == Tag.some { cursor.offset += 1 }
    return try decode(type, at: cursor, key: key)
  }

  private func decode<T: Decodable>(_ type: T.Type, at cursor: _WireCursor, key: Key) throws -> T {
    var cursor = cursor
    let value = try place.reader.read(type, at: &cursor, key: key)
    place.reader.setCursor(cursor.offset, of: place.node)
    return value
  }

  /// The value under a key as a place of its own.
  private func nested(_ key: some CodingKey) throws -> WireDecoder {
    let cursor = try require(key)
    let end = try cursor.endOfValue()
    let node = try place.reader.open(cursor.offset..<end, parent: place.node, key: key, isOptional: false)
    return WireDecoder(reader: place.reader, node: node, serial: place.reader.nodes[node].serial)
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<NestedKey> {
    try nested(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try nested(key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { try nested(SuperKey()) }

  func superDecoder(forKey key: Key) throws -> any Decoder { try nested(key) }
}
