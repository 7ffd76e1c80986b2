/// A keyed container, to be wrapped in a `KeyedDecodingContainer`.
///
/// The wrapper copies this struct in each call, so a container from the pool holds no counted reference.
struct KeyedReader<Key: CodingKey, Owner>: KeyedDecodingContainerProtocol {
  // Retained by `owner`, or by the `ContainerPool` while the container is in use.
  unowned(unsafe) let core: KeyedReaderCore
  /// The core's `next`.
  let next: UnsafeMutablePointer<NextValue>
  let owner: Owner

  init(core: KeyedReaderCore, owner: Owner) {
    self.core = core
    next = core.next
    self.owner = owner
  }

  var codingPath: [any CodingKey] { core.place.codingPath }

  var allKeys: [Key] {
    // This call can't throw, so an expired container returns no keys.
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
      core.reader.record(error)
    }
    return keys
  }

  @inline(__always)
  private func isNext(_ key: Key) -> Bool { next.pointee.isNext(next.pointee.keyWidth.byte(of: key)) }

  private func find(_ key: Key) throws -> _WireCursor? {
    try core.find(key, core.width == .none ? nil : core.width.byte(of: key))
  }

  private func found(_ cursor: _WireCursor?, _ key: some CodingKey) throws -> _WireCursor {
    guard let cursor else {
      throw DecodingError.keyNotFound(
        key,
        .init(codingPath: codingPath + [key], debugDescription: "there is no value for the key \"\(key.stringValue)\""))
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
      next.pointee.advance(to: cursor.offset)
      return value
    } catch let error as DecodingError {
      throw cursor.under(key, error)
    }
  }

  /// Reads a value that may be missing or nil.
  @inline(__always)
  private func readIfPresent<T>(_ key: Key, _ body: (inout _WireCursor) throws -> T) throws -> T? {
    if next.pointee.isAbsent(next.pointee.keyWidth.byte(of: key)) { return nil }
    guard let cursor = try find(key), try cursor.tag() != Tag.null else { return nil }
    return try read(cursor, key, body)
  }

  func contains(_ key: Key) -> Bool {
    guard (try? core.place.checkLive()) != nil else { return false }
    do { return try find(key) != nil } catch {
      core.reader.record(error)
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

  // The default implementations make three calls: `contains`, `decodeNil` and `decode`.
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
    // A fast path without looking up the type's traits.
    if T.self == [Double].self, isNext(key) {
      // The memory of one array, moved out as T, which is [Double].
      var place: UInt = 0
      let isRead = withUnsafeMutablePointer(to: &place) { next.pointee.nextDoubles(to: UnsafeMutableRawPointer($0)) }
      // Not an optional array: its type would have to be looked up at run time.
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
    // The value's `init(from:)` may have read from this container.
    next.pointee.advance(to: cursor.offset, from: position)
    return value
  }

  /// Returns a decoder for the value of a key.
  private func nested(_ found: _WireCursor?, _ key: some CodingKey) throws -> WireDecoder {
    let cursor = try self.found(found, key)
    let end = try cursor.endOfValue()
    let node = try core.reader.open(cursor.offset..<end, parent: next.pointee.node, key: key)
    next.pointee.advance(to: end)
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
