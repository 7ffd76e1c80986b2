/// A keyed container, as the standard library's own asks it.
///
/// That one makes a copy for each question, so a container that is handed out again holds no reference.
struct KeyedReader<Key: CodingKey, Owner>: KeyedDecodingContainerProtocol {
  // Held by `owner`, or by `HandedOut` for as long as anybody holds the container.
  unowned(unsafe) let core: KeyedReaderCore
  /// The core's.
  let next: UnsafeMutablePointer<NextValue>
  let owner: Owner

  init(core: KeyedReaderCore, owner: Owner) {
    self.core = core
    next = core.next
    self.owner = owner
  }

  var codingPath: [any CodingKey] { core.place.codingPath }

  var allKeys: [Key] {
    // Of a value that is no longer there, nothing is known; and this call can't throw.
    guard let cursor = try? core.cursor() else { return [] }
    var keys: [Key] = []
    do {
      try core.names { name in
        guard let name = String(validating: name, as: UTF8.self) else {
          throw cursor.corrupted("a key isn't valid UTF-8")
        }
        if let key = Key(stringValue: name) { keys.append(key) }
      }
    } catch {
      core.reader.note(mistake: error)
    }
    return keys
  }

  @inline(__always)
  private func isNext(_ key: Key) -> Bool { next.pointee.isNext(next.pointee.keyBytes.byte(of: key)) }

  private func find(_ key: Key) throws -> _WireCursor? {
    try core.find(key, core.bytes == .none ? nil : core.bytes.byte(of: key))
  }

  private func found(_ cursor: _WireCursor?, _ key: some CodingKey) throws -> _WireCursor {
    guard let cursor else {
      throw DecodingError.keyNotFound(
        key, .init(codingPath: codingPath + [key], debugDescription: "there is no value under \"\(key.stringValue)\""))
    }
    return cursor
  }

  private func require(_ key: Key) throws -> _WireCursor { try found(find(key), key) }

  @inline(__always)
  private func read<T>(_ key: Key, _ body: (inout _WireCursor) throws -> T) throws -> T {
    try read(require(key), key, body)
  }

  @inline(__always)
  private func read<T>(_ found: _WireCursor, _ key: Key, _ body: (inout _WireCursor) throws -> T) throws -> T {
    var cursor = found
    do {
      let value = try body(&cursor)
      next.pointee.moveOn(to: cursor.offset)
      return value
    } catch let error as DecodingError {
      throw cursor.under(key, error)
    }
  }

  /// A value that may be missing, or nil.
  @inline(__always)
  private func readIfPresent<T>(_ key: Key, _ body: (inout _WireCursor) throws -> T) throws -> T? {
    if next.pointee.isAbsent(next.pointee.keyBytes.byte(of: key)) { return nil }
    guard let cursor = try find(key), try cursor.tag() != Tag.null else { return nil }
    return try read(cursor, key, body)
  }

  func contains(_ key: Key) -> Bool {
    guard (try? core.place.checkLive()) != nil else { return false }
    do { return try find(key) != nil } catch {
      core.reader.note(mistake: error)
      return false
    }
  }

  func decodeNil(forKey key: Key) throws -> Bool { try require(key).tag() == Tag.null }

  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
    if isNext(key), let value = next.pointee.nextBool() { return value }
    return try read(key) { try $0.readBool() }
  }
  func decode(_ type: String.Type, forKey key: Key) throws -> String {
    if isNext(key), let value = next.pointee.nextString() { return value }
    return try read(key) { try $0.readString() }
  }
  func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
    if isNext(key), let value = next.pointee.nextDouble() { return value }
    return try read(key) { try $0.readDouble() }
  }
  func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
    if isNext(key), let value = next.pointee.nextFloat() { return value }
    return try read(key) { try $0.readFloat() }
  }
  @inline(__always)
  private func readInteger<I: FixedWidthInteger>(_ type: I.Type, _ key: Key) throws -> I {
    if isNext(key), let value = next.pointee.nextInteger(as: type) { return value }
    return try read(key) { try $0.readInteger(type) }
  }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try readInteger(type, key) }
  func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try readInteger(type, key) }
  func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try readInteger(type, key) }
  func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try readInteger(type, key) }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try readInteger(type, key) }
  func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 { try readInteger(type, key) }
  func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try readInteger(type, key) }
  func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try readInteger(type, key) }
  func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try readInteger(type, key) }
  func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try readInteger(type, key) }
  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try readInteger(type, key) }
  func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 { try readInteger(type, key) }

  // Without these the standard library asks whether the key is there, whether it is nil, and for the value.
  func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
    if isNext(key), let value = next.pointee.nextBool() { return value }
    return try readIfPresent(key) { try $0.readBool() }
  }
  func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
    if isNext(key), let value = next.pointee.nextString() { return value }
    return try readIfPresent(key) { try $0.readString() }
  }
  func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
    if isNext(key), let value = next.pointee.nextDouble() { return value }
    return try readIfPresent(key) { try $0.readDouble() }
  }
  func decodeIfPresent(_ type: Float.Type, forKey key: Key) throws -> Float? {
    if isNext(key), let value = next.pointee.nextFloat() { return value }
    return try readIfPresent(key) { try $0.readFloat() }
  }
  @inline(__always)
  private func readIntegerIfPresent<I: FixedWidthInteger>(_ type: I.Type, _ key: Key) throws -> I? {
    if isNext(key), let value = next.pointee.nextInteger(as: type) { return value }
    return try readIfPresent(key) { try $0.readInteger(type) }
  }
  func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try readIntegerIfPresent(type, key) }
  func decodeIfPresent(_ type: Int8.Type, forKey key: Key) throws -> Int8? { try readIntegerIfPresent(type, key) }
  func decodeIfPresent(_ type: Int16.Type, forKey key: Key) throws -> Int16? { try readIntegerIfPresent(type, key) }
  func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? { try readIntegerIfPresent(type, key) }
  func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? { try readIntegerIfPresent(type, key) }
  func decodeIfPresent(_ type: Int128.Type, forKey key: Key) throws -> Int128? { try readIntegerIfPresent(type, key) }
  func decodeIfPresent(_ type: UInt.Type, forKey key: Key) throws -> UInt? { try readIntegerIfPresent(type, key) }
  func decodeIfPresent(_ type: UInt8.Type, forKey key: Key) throws -> UInt8? { try readIntegerIfPresent(type, key) }
  func decodeIfPresent(_ type: UInt16.Type, forKey key: Key) throws -> UInt16? { try readIntegerIfPresent(type, key) }
  func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) throws -> UInt32? { try readIntegerIfPresent(type, key) }
  func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? { try readIntegerIfPresent(type, key) }
  func decodeIfPresent(_ type: UInt128.Type, forKey key: Key) throws -> UInt128? { try readIntegerIfPresent(type, key) }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    // What arrays of numbers are must not be found out for each again.
    if T.self == [Double].self, isNext(key) {
      // Becomes an array and is moved out as one, under another name of its type: the types were just compared.
      var place: UInt = 0
      let isRead = withUnsafeMutablePointer(to: &place) { next.pointee.nextDoubles(to: UnsafeMutableRawPointer($0)) }
      // (No optional: its type would have to be looked up.)
      if isRead {
        return withUnsafeMutablePointer(to: &place) { place in
          UnsafeMutableRawPointer(place).assumingMemoryBound(to: T.self).move()
        }
      }
    }
    return try decode(type, at: require(key), key: key)
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
    let position = next.pointee.position
    let value = try core.reader.read(type, at: &cursor, key: key)
    // The value may have read from this container itself.
    next.pointee.moveOn(to: cursor.offset, from: position)
    return value
  }

  /// The value under a key as a place of its own.
  private func nested(_ found: _WireCursor?, _ key: some CodingKey) throws -> WireDecoder {
    let cursor = try self.found(found, key)
    let end = try cursor.endOfValue()
    let node = try core.reader.open(cursor.offset..<end, parent: next.pointee.node, key: key)
    next.pointee.moveOn(to: end)
    return WireDecoder(reader: core.reader, node: node, serial: core.reader.nodes[node].serial)
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<NestedKey> {
    try nested(find(key), key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try nested(find(key), key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { try nested(core.find(SuperKey(), nil), SuperKey()) }

  func superDecoder(forKey key: Key) throws -> any Decoder { try nested(find(key), key) }
}
