/// An unkeyed container. Also reads an array that was sent as memory, element by element.
struct UnkeyedReader: UnkeyedDecodingContainer {
  private let place: WireDecoder
  /// The cursor's reader, which the cursor doesn't retain.
  private let reader: WireReader
  private var cursor: _WireCursor
  private(set) var currentIndex = 0
  let count: Int?

  var codingPath: [any CodingKey] { place.codingPath }
  var isAtEnd: Bool { cursor.isAtEnd }

  init(place: WireDecoder) throws {
    self.place = place
    var cursor = try place.cursor()
    let tag = try cursor.readTag()
    switch tag {
    // A non-numeric element of such an array is rewritten as an array of one element. Reject it here: a type that
    // decodes itself from an unkeyed container would recurse forever.
    case Tag.memory where place.reader.isOfMemory: throw cursor.mismatch([Any].self, tag)
    case Tag.memory:
      let rewritten = try UnkeyedReader.rewrite(cursor.readMemoryBlock())
      reader = WireReader(
        UnsafeRawBufferPointer(rewritten.bytes), owner: rewritten, path: place.codingPath,
        depth: place.reader.nodes[place.node].depth)
      self.cursor = _WireCursor(reader: reader, node: -1, offset: 0, limit: rewritten.count)
    case Tag.unkeyed, Tag.empty:
      reader = place.reader
      let content = tag == Tag.empty ? cursor.offset..<cursor.offset : try cursor.readContainer()
      self.cursor = _WireCursor(
        reader: place.reader, node: place.node, offset: content.lowerBound, limit: content.upperBound)
    default: throw cursor.mismatch([Any].self, tag)
    }
    // Count the elements, because a transmitted count could not be trusted.
    var walk = self.cursor
    var count = 0
    while !walk.isAtEnd {
      walk.offset = try walk.endOfValue()
      count += 1
    }
    self.count = count
  }

  /// Rewrites the elements of an array's memory as separate values.
  private static func rewrite(_ memory: _WireCursor.Memory) throws -> WireWriter {
    let writer = WireWriter(capacity: memory.bytes.count * 2)
    let target = _WireTarget(writer: writer, target: .end)
    for index in 0..<memory.count {
      let element = UnsafeRawBufferPointer(
        rebasing: memory.bytes[(index * memory.stride)..<((index + 1) * memory.stride)])
      MemoryCode.rewrite(element, code: memory.code, to: target)
    }
    return writer
  }

  private mutating func read<T>(_ type: T.Type, _ body: (inout _WireCursor) throws -> T) throws -> T {
    try checkNotAtEnd(type)
    var reading = cursor
    do {
      let value = try body(&reading)
      cursor.offset = reading.offset
      currentIndex += 1
      return value
    } catch let error as DecodingError {
      throw cursor.under(IndexKey(currentIndex), error)
    }
  }

  private func checkNotAtEnd(_ type: Any.Type) throws {
    try place.checkLive()
    if cursor.isAtEnd {
      throw DecodingError.valueNotFound(
        type,
        .init(codingPath: codingPath + [IndexKey(currentIndex)], debugDescription: "the container has no more values"))
    }
  }

  mutating func decodeNil() throws -> Bool {
    try checkNotAtEnd(Never.self)
    guard try cursor.tag() == Tag.null else { return false }
    cursor.offset += 1
    currentIndex += 1
    return true
  }

  mutating func decode(_ type: Bool.Type) throws -> Bool { try read(type) { try $0.readBool() } }
  mutating func decode(_ type: String.Type) throws -> String { try read(type) { try $0.readString() } }
  mutating func decode(_ type: Double.Type) throws -> Double { try read(type) { try $0.readDouble() } }
  mutating func decode(_ type: Float.Type) throws -> Float { try read(type) { try $0.readFloat() } }
  mutating func decode(_ type: Int.Type) throws -> Int { try read(type) { try $0.readInteger(type) } }
  mutating func decode(_ type: Int8.Type) throws -> Int8 { try read(type) { try $0.readInteger(type) } }
  mutating func decode(_ type: Int16.Type) throws -> Int16 { try read(type) { try $0.readInteger(type) } }
  mutating func decode(_ type: Int32.Type) throws -> Int32 { try read(type) { try $0.readInteger(type) } }
  mutating func decode(_ type: Int64.Type) throws -> Int64 { try read(type) { try $0.readInteger(type) } }
  mutating func decode(_ type: Int128.Type) throws -> Int128 { try read(type) { try $0.readInteger(type) } }
  mutating func decode(_ type: UInt.Type) throws -> UInt { try read(type) { try $0.readInteger(type) } }
  mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try read(type) { try $0.readInteger(type) } }
  mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try read(type) { try $0.readInteger(type) } }
  mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try read(type) { try $0.readInteger(type) } }
  mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try read(type) { try $0.readInteger(type) } }
  mutating func decode(_ type: UInt128.Type) throws -> UInt128 { try read(type) { try $0.readInteger(type) } }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
    try checkNotAtEnd(type)
    let value = try reader.read(type, at: &cursor, key: IndexKey(currentIndex))
    currentIndex += 1
    return value
  }

  mutating func decodeIfPresent<T: Decodable>(_ type: T.Type) throws -> T? {
    if try isAtEnd || decodeNil() { return nil }
    let start = cursor
    if try cursor.tag() == Tag.some { cursor.offset += 1 }
    do { return try decode(type) } catch {
      cursor = start
      throw error
    }
  }

  /// Returns a decoder for the next value.
  private mutating func nested() throws -> WireDecoder {
    try checkNotAtEnd([Any].self)
    let end = try cursor.endOfValue()
    let node = try reader.open(cursor.offset..<end, parent: cursor.node, key: IndexKey(currentIndex))
    cursor.offset = end
    currentIndex += 1
    return WireDecoder(reader: reader, node: node, serial: reader.nodes[node].serial)
  }

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type
  ) throws -> KeyedDecodingContainer<NestedKey> {
    try nested().container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try nested().unkeyedContainer() }

  mutating func superDecoder() throws -> any Decoder { try nested() }
}
