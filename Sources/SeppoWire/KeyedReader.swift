/// A keyed container: keys are looked for from where the last one was found, so that a type that reads in the order in
/// which it wrote finds each at once.
struct KeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
  /// Its node's range is the container's content.
  let place: WireDecoder
  /// Where the last value of each key is, for a container in which a key stands more than once.
  let lastValues: [[UInt8]: Int]?

  var codingPath: [any CodingKey] { place.codingPath }

  init(place: WireDecoder, lastCounts: Bool) throws {
    self.place = place
    var lastValues: [[UInt8]: Int]?
    if lastCounts {
      var cursor = try place.cursor()
      lastValues = [:]
      while let (name, value) = try cursor.readEntry() { lastValues?[Array(name)] = value }
    }
    self.lastValues = lastValues
  }

  var allKeys: [Key] {
    // Of a value that is no longer there, nothing is known; and this call can't throw.
    guard var cursor = try? place.cursor() else { return [] }
    var keys: [Key] = []
    do {
      while let (name, value) = try cursor.readEntry() {
        if let lastValues, lastValues[Array(name)] != value { continue }
        guard let name = String(validating: name, as: UTF8.self) else {
          throw cursor.corrupted("a key isn't valid UTF-8")
        }
        if let key = Key(stringValue: name) { keys.append(key) }
      }
    } catch {
      place.reader.note(mistake: error)
    }
    return keys
  }

  /// At the value under this key, if there is one.
  private func find(_ key: some CodingKey) throws -> _WireCursor? {
    var cursor = try place.cursor()
    var name = key.stringValue
    if let lastValues {
      guard let value = lastValues[Array(name.utf8)] else { return nil }
      cursor.offset = value
      return cursor
    }
    let start = cursor.offset
    let next = place.reader.nodes[place.node].cursor
    let found = try name.withUTF8 { wanted -> Int? in
      func search(from start: Int, to end: Int) throws -> Int? {
        cursor.offset = start
        while cursor.offset < end, let (name, value) = try cursor.readEntry() {
          if name.elementsEqual(wanted) { return value }
        }
        return nil
      }
      return try search(from: next, to: cursor.limit) ?? search(from: start, to: next)
    }
    guard let found else { return nil }
    cursor.offset = found
    return cursor
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
      throw cursor.under(key, error)
    }
  }

  func contains(_ key: Key) -> Bool {
    guard (try? place.checkLive()) != nil else { return false }
    do { return try find(key) != nil } catch {
      place.reader.note(mistake: error)
      return false
    }
  }

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
    place.reader.setCursor(end, of: place.node)
    let node = try place.reader.open(cursor.offset..<end, parent: place.node, key: key)
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
