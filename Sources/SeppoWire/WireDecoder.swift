/// The `Decoder` for a value's `init(from:)`: the value's position in a reader.
struct WireDecoder: Decoder {
  let reader: WireReader
  let node: Int
  let serial: Int

  var codingPath: [any CodingKey] { reader.isLive(node, serial) ? reader.codingPath(of: node) : [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func checkLive() throws {
    guard reader.isLive(node, serial) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: [], debugDescription: "a decoder was used after the value it was made for had been decoded"))
    }
  }

  /// Returns a cursor at the value's tag.
  func cursor() throws -> _WireCursor {
    try checkLive()
    return _WireCursor(reader: reader, node: node, offset: reader.nodes[node].start, limit: reader.nodes[node].end)
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    // The reader retains the keys until the part has been read.
    try reader.keys(of: type)._withUnsafeGuaranteedRef { keys in
      guard let index = keys.containers.firstFree() else { return try newContainer(keys) }
      try keys.containers.core(index)._withUnsafeGuaranteedRef { try $0.open(self) }
      // The copier was made for this key type, and so for this container type.
      let copier = unsafeDowncast(keys.copier, to: Copier<KeyedDecodingContainer<Key>>.self)
      return copier.copy(keys.containers.box(index))
    }
  }

  @inline(never)
  private func newContainer<Key: CodingKey>(_ keys: ReaderKeys) throws -> KeyedDecodingContainer<Key> {
    let core = KeyedReaderCore(reader: reader, keys: keys)
    try core.open(self)
    guard keys.isPoolable, !keys.containers.isFull else {
      return KeyedDecodingContainer(KeyedReader<Key, KeyedReaderCore>(core: core, owner: core))
    }
    let container = KeyedDecodingContainer(KeyedReader<Key, Void>(core: core, owner: ()))
    // Safe: `isPoolable` implies that the container is an object reference.
    keys.containers.add(unsafeBitCast(container, to: AnyObject.self), core)
    return container
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { try UnkeyedReader(place: self) }

  func singleValueContainer() throws -> any SingleValueDecodingContainer {
    try checkLive()
    return SingleReader(place: self)
  }
}

/// A single-value container.
struct SingleReader: SingleValueDecodingContainer {
  let place: WireDecoder

  var codingPath: [any CodingKey] { place.codingPath }

  private func read<T>(_ body: (inout _WireCursor) throws -> T) throws -> T {
    var cursor = try place.cursor()
    return try body(&cursor)
  }

  func decodeNil() -> Bool { (try? place.cursor().tag()) == Tag.null }
  func decode(_ type: Bool.Type) throws -> Bool { try read { try $0.readBool() } }
  func decode(_ type: String.Type) throws -> String { try read { try $0.readString() } }
  func decode(_ type: Double.Type) throws -> Double { try read { try $0.readDouble() } }
  func decode(_ type: Float.Type) throws -> Float { try read { try $0.readFloat() } }
  func decode(_ type: Int.Type) throws -> Int { try read { try $0.readInteger(type) } }
  func decode(_ type: Int8.Type) throws -> Int8 { try read { try $0.readInteger(type) } }
  func decode(_ type: Int16.Type) throws -> Int16 { try read { try $0.readInteger(type) } }
  func decode(_ type: Int32.Type) throws -> Int32 { try read { try $0.readInteger(type) } }
  func decode(_ type: Int64.Type) throws -> Int64 { try read { try $0.readInteger(type) } }
  func decode(_ type: Int128.Type) throws -> Int128 { try read { try $0.readInteger(type) } }
  func decode(_ type: UInt.Type) throws -> UInt { try read { try $0.readInteger(type) } }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try read { try $0.readInteger(type) } }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try read { try $0.readInteger(type) } }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try read { try $0.readInteger(type) } }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try read { try $0.readInteger(type) } }
  func decode(_ type: UInt128.Type) throws -> UInt128 { try read { try $0.readInteger(type) } }

  func decode<T: Decodable>(_ type: T.Type) throws -> T {
    var cursor = try place.cursor()
    if place.reader.nodes[place.node].isOptional, try cursor.tag() == Tag.some { cursor.offset += 1 }
    return try place.reader.read(type, at: &cursor, key: nil)
  }
}
