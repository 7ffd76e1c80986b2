/// A position in the bytes of a reader, and the limit of reading.
public struct _WireCursor {
  // Not retained: a cursor lives on the stack of a call made by the reader, or next to a reference to it
  // (`UnkeyedReader`).
  unowned(unsafe) let reader: WireReader
  /// The reader's bytes.
  let bytes: UnsafeRawBufferPointer
  /// The node of the value that is being decoded, for error messages. −1 for an item itself.
  let node: Int
  var offset: Int
  let limit: Int

  init(reader: WireReader, node: Int, offset: Int, limit: Int) {
    self.reader = reader
    bytes = reader.bytes
    self.node = node
    self.offset = offset
    self.limit = limit
  }

  var isAtEnd: Bool { offset >= limit }

  func corrupted(_ reason: String) -> DecodingError {
    .dataCorrupted(.init(codingPath: reader.codingPath(of: node), debugDescription: reason))
  }

  /// Returns the error with the key added to its coding path.
  func under(_ key: (any CodingKey)?, _ error: DecodingError) -> DecodingError {
    key.map { error.under($0, after: reader.codingPath(of: node).count) } ?? error
  }

  func mismatch(_ type: Any.Type, _ found: UInt8) -> DecodingError {
    let context = DecodingError.Context(
      codingPath: reader.codingPath(of: node),
      debugDescription: "expected \(String(describing: type)), found \(Tag.name(of: found))")
    return found == Tag.null ? .valueNotFound(type, context) : .typeMismatch(type, context)
  }

  /// Returns the next value's tag, without moving the cursor.
  func tag() throws -> UInt8 {
    guard offset < limit else { throw corrupted("the bytes end before the value") }
    return bytes[offset]
  }

  mutating func readTag() throws -> UInt8 {
    let tag = try tag()
    offset += 1
    return tag
  }

  private mutating func readBits<Bits: FixedWidthInteger>(_ type: Bits.Type) throws -> Bits {
    let size = MemoryLayout<Bits>.size
    guard limit - offset >= size else { throw corrupted("the bytes end within a number") }
    defer { offset += size }
    return Bits(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Bits.self))
  }

  mutating func readLength() throws -> Int {
    var value: UInt = 0
    var shift: UInt = 0
    while true {
      guard offset < limit else { throw corrupted("the bytes end within a length") }
      let byte = bytes[offset]
      offset += 1
      guard shift < 63 || (shift == 63 && byte <= 1) else { throw corrupted("a length is too long") }
      value |= UInt(byte & 0x7F) << shift
      if byte < 0x80 { break }
      shift += 7
    }
    guard let length = Int(exactly: value) else { throw corrupted("a length is too large") }
    return length
  }

  mutating func skip(_ count: Int) throws { _ = try take(count) }

  private mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
    guard count >= 0, count <= limit - offset else {
      throw corrupted("expected \(count) bytes, found \(limit - offset)")
    }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count)])
  }

  /// The caller has checked that the bytes of the length exist.
  mutating func readContainerLength() -> Int {
    let low = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    let high = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt16.self))
    offset += Tag.lengthBytes
    return Int(high) << 32 | Int(low)
  }

  mutating func readShape() throws -> Int { Int(try readBits(UInt32.self)) }

  /// Reads the range of a container's content, and moves the cursor after it.
  mutating func readContainer() throws -> Range<Int> {
    guard limit - offset >= Tag.lengthBytes else { throw corrupted("the bytes end within a container's length") }
    let length = readContainerLength()
    let start = offset
    _ = try take(length)
    return start..<offset
  }

  /// Reads the next key of a keyed container and the offset of its value, and moves the cursor after the value.
  mutating func readEntry() throws -> (name: UnsafeRawBufferPointer, value: Int)? {
    if isAtEnd { return nil }
    let name = try take(readLength())
    let value = offset
    offset = try endOfValue()
    return (name, value)
  }

  /// Returns the end of the value at the cursor, without reading its content.
  func endOfValue() throws -> Int {
    var cursor = self
    let tag = try cursor.readTag()
    switch tag {
    case Tag.shaped:
      try cursor.skip(Tag.shapeBytes)
      _ = try cursor.readContainer()
    case Tag.smallInteger..., Tag.empty, Tag.null, Tag.true, Tag.false: break
    case Tag.some:
      // Each tag is one level of optionals. The loop is for damaged bytes: real values have few levels.
      var levels = 1
      while try cursor.tag() == Tag.some {
        cursor.offset += 1
        levels += 1
        guard levels <= maxNestingDepth else { throw corrupted("optionals nest too deep") }
      }
      return try cursor.endOfValue()
    case Tag.int8: _ = try cursor.take(1)
    case Tag.int16, Tag.float16: _ = try cursor.take(2)
    case Tag.int32, Tag.float32: _ = try cursor.take(4)
    case Tag.int64, Tag.uint64, Tag.float64: _ = try cursor.take(8)
    case Tag.int128, Tag.uint128: _ = try cursor.take(16)
    case Tag.string, Tag.data: _ = try cursor.take(cursor.readLength())
    case Tag.slice:
      _ = try cursor.readLength()
      _ = try cursor.take(cursor.readLength())
    case Tag.memory: _ = try cursor.readMemoryBlock()
    case Tag.keyed, Tag.keyedWithDuplicates, Tag.unkeyed: _ = try cursor.readContainer()
    default: throw corrupted("the tag \(tag) is invalid")
    }
    return cursor.offset
  }

  mutating func readBool() throws -> Bool {
    let tag = try readTag()
    switch tag {
    case Tag.true: return true
    case Tag.false: return false
    default: throw mismatch(Bool.self, tag)
    }
  }

  /// Reads an integer of any width, if the type can represent it.
  mutating func readInteger<I: FixedWidthInteger>(_ type: I.Type) throws -> I {
    let tag = try readTag()
    func fit<W: FixedWidthInteger>(_ wide: W) throws -> I {
      guard let value = I(exactly: wide) else { throw corrupted("\(wide) doesn't fit into \(I.self)") }
      return value
    }
    switch tag {
    case Tag.smallInteger...: return try fit(tag & 0x7F)
    case Tag.int8: return try fit(readBits(Int8.self))
    case Tag.int16: return try fit(readBits(Int16.self))
    case Tag.int32: return try fit(readBits(Int32.self))
    case Tag.int64: return try fit(readBits(Int64.self))
    case Tag.uint64: return try fit(readBits(UInt64.self))
    case Tag.int128: return try fit(readBits(Int128.self))
    case Tag.uint128: return try fit(readBits(UInt128.self))
    default: throw mismatch(type, tag)
    }
  }

  mutating func readDouble() throws -> Double {
    let tag = try self.tag()
    switch tag {
    case Tag.float64:
      offset += 1
      return Double(bitPattern: try readBits(UInt64.self))
    case Tag.float32: return Double(try readFloat())
    default: return try readIntegerAsFloat(as: Double.self)
    }
  }

  mutating func readFloat() throws -> Float {
    let tag = try self.tag()
    switch tag {
    case Tag.float32:
      offset += 1
      return Float(bitPattern: try readBits(UInt32.self))
    case Tag.float64:
      let value = try readDouble()
      guard value.isNaN || Double(Float(value)) == value else { throw corrupted("\(value) doesn't fit into Float") }
      return Float(value)
    default: return try readIntegerAsFloat(as: Float.self)
    }
  }

  /// Reads an integer as a floating-point number, which Codable allows.
  private mutating func readIntegerAsFloat<F: BinaryFloatingPoint>(as type: F.Type) throws -> F {
    let tag = try self.tag()
    guard tag >= Tag.smallInteger || (Tag.int8...Tag.uint128).contains(tag) else { throw mismatch(type, tag) }
    let integer = try readInteger(Int128.self)
    guard let value = F(exactly: integer) else { throw corrupted("\(integer) doesn't fit into \(F.self)") }
    return value
  }

  mutating func readFloat16Bits(as type: Any.Type) throws -> UInt16 {
    let tag = try readTag()
    guard tag == Tag.float16 else { throw mismatch(type, tag) }
    return try readBits(UInt16.self)
  }

  mutating func readCounted(_ tag: UInt8, as type: Any.Type) throws -> UnsafeRawBufferPointer {
    let found = try readTag()
    guard found == tag else { throw mismatch(type, found) }
    return try take(try readLength())
  }

  /// Reads a slice's start index and its bytes.
  mutating func readSliceBytes() throws -> (index: Int, bytes: UnsafeRawBufferPointer) {
    _ = try readTag()
    let index = try readLength()
    return (index, try take(try readLength()))
  }

  mutating func readString() throws -> String {
    let bytes = try readCounted(Tag.string, as: String.self)
    guard let string = String(validating: bytes, as: UTF8.self) else {
      throw corrupted("a string isn't valid UTF-8")
    }
    return string
  }

  /// The memory of an array's elements, as the sender had it.
  struct Memory {
    let code: UInt16
    let stride: Int
    let count: Int
    let bytes: UnsafeRawBufferPointer
  }

  /// Reads the content after `Tag.memory`.
  mutating func readMemoryBlock() throws -> Memory {
    let code = try readBits(UInt16.self)
    let stride = try readLength()
    let count = try readLength()
    let (total, overflow) = stride.multipliedReportingOverflow(by: count)
    // A stride of 0 would allow any count. In Swift, strides are positive.
    guard !overflow, stride > 0 else { throw corrupted("\(count) elements of \(stride) bytes") }
    return Memory(code: code, stride: stride, count: count, bytes: try take(total))
  }

  mutating func readMemory(code: UInt16, stride: Int, as type: Any.Type) throws -> Memory {
    let tag = try readTag()
    guard tag == Tag.memory else { throw mismatch(type, tag) }
    let memory = try readMemoryBlock()
    guard memory.code == code, memory.stride == stride else {
      throw corrupted(
        """
        expected memory of \(String(describing: type)) (code \(code), stride \(stride)), found code \(memory.code), \
        stride \(memory.stride)
        """)
    }
    return memory
  }

  mutating func readArray<Element: _PlainBytes>(of type: Element.Type) throws -> [Element] {
    if let code = Element._memoryCode, try tag() == Tag.memory {
      let memory = try readMemory(code: code, stride: MemoryLayout<Element>.stride, as: [Element].self)
      // Empty arrays share a static storage, which the initializer below would write to.
      if memory.count == 0 { return [] }
      return [Element](unsafeUninitializedCapacity: memory.count) { elements, count in
        HugePages.advise(UnsafeMutableRawBufferPointer(elements))
        UnsafeMutableRawBufferPointer(elements).copyMemory(from: memory.bytes)
        count = memory.count
      }
    }
    // The program may have encoded the elements one by one.
    let found = try readTag()
    if found == Tag.empty { return [] }
    guard found == Tag.unkeyed else { throw mismatch([Element].self, found) }
    let content = try readContainer()
    var elements = _WireCursor(reader: reader, node: node, offset: content.lowerBound, limit: content.upperBound)
    var array: [Element] = []
    while !elements.isAtEnd {
      let index = array.count
      do {
        try withUnsafeTemporaryAllocation(of: Element.self, capacity: 1) { place in
          let start = UnsafeMutableRawPointer(place.baseAddress!)
          try Element._read(from: &elements, to: start)
          array.append(start.assumingMemoryBound(to: Element.self).move())
        }
      } catch let error as DecodingError {
        throw elements.under(IndexKey(index), error)
      }
    }
    return array
  }
}

extension Tag {
  static func name(of tag: UInt8) -> String {
    switch tag {
    case smallInteger..., int8, int16, int32, int64, int128, uint64, uint128: "an integer"
    case empty: "an empty value"
    case null: "nil"
    case some: "a nested optional"
    case `true`, `false`: "a Bool"
    case float16, float32, float64: "a floating-point number"
    case string: "a string"
    case data, slice: "data"
    case memory: "an array of plain memory"
    case keyed, keyedWithDuplicates, shaped: "a keyed container"
    case unkeyed: "an unkeyed container"
    default: "the invalid tag \(tag)"
    }
  }
}
