/// A place in the bytes that are being read, and how far reading may go.
public struct _WireCursor {
  // A cursor lives on the stack of a call that the reader makes; one that is kept (`UnkeyedReader`) has the reader beside
  // it.
  unowned(unsafe) let reader: _WireReader
  /// The reader's.
  let bytes: UnsafeRawBufferPointer
  /// The value that is being decoded, for error messages; −1 for an item itself.
  let node: Int
  var offset: Int
  let limit: Int

  init(reader: _WireReader, node: Int, offset: Int, limit: Int) {
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

  /// The same error, for what stands under this key in the value that is being decoded.
  func under(_ key: (any CodingKey)?, _ error: DecodingError) -> DecodingError {
    key.map { error.under($0, after: reader.codingPath(of: node).count) } ?? error
  }

  func mismatch(_ type: Any.Type, _ found: UInt8) -> DecodingError {
    let context = DecodingError.Context(
      codingPath: reader.codingPath(of: node),
      debugDescription: "\(String(describing: type)) expected, \(Tag.name(of: found)) found")
    return found == Tag.null ? .valueNotFound(type, context) : .typeMismatch(type, context)
  }

  /// The next value's tag; the cursor stays.
  func tag() throws -> UInt8 {
    guard offset < limit else { throw corrupted("the bytes end where a value should begin") }
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
      throw corrupted("\(count) bytes announced, \(limit - offset) are there")
    }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count)])
  }

  /// Whose bytes are there.
  mutating func readContainerLength() -> Int {
    let low = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    let high = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt16.self))
    offset += Tag.lengthBytes
    return Int(high) << 32 | Int(low)
  }

  mutating func readShape() throws -> Int { Int(try readBits(UInt32.self)) }

  /// A container's content; the cursor moves behind it.
  mutating func readContainer() throws -> Range<Int> {
    guard limit - offset >= Tag.lengthBytes else { throw corrupted("the bytes end within a container's length") }
    let length = readContainerLength()
    let start = offset
    _ = try take(length)
    return start..<offset
  }

  /// A keyed container's next key, and where its value begins; the cursor moves behind the value.
  mutating func readEntry() throws -> (name: UnsafeRawBufferPointer, value: Int)? {
    if isAtEnd { return nil }
    let name = try take(readLength())
    let value = offset
    offset = try endOfValue()
    return (name, value)
  }

  /// Where the value at the cursor ends; what is inside it is not looked at.
  func endOfValue() throws -> Int {
    var cursor = self
    let tag = try cursor.readTag()
    switch tag {
    case Tag.shaped:
      try cursor.skip(Tag.shapeBytes)
      _ = try cursor.readContainer()
    case Tag.smallest..., Tag.empty, Tag.null, Tag.true, Tag.false: break
    case Tag.some:
      // Each stands for one level of optionals; so many levels as would be worth a loop don't exist.
      var levels = 1
      while try cursor.tag() == Tag.some {
        cursor.offset += 1
        levels += 1
        guard levels <= deepestNesting else { throw corrupted("optionals nest too deep") }
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
    case Tag.keyed, Tag.keyedAgain, Tag.unkeyed: _ = try cursor.readContainer()
    default: throw corrupted("no value begins with the byte \(tag)")
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

  /// A whole number of any width, if this type can hold it.
  mutating func readInteger<I: FixedWidthInteger>(_ type: I.Type) throws -> I {
    let tag = try readTag()
    func fit<W: FixedWidthInteger>(_ wide: W) throws -> I {
      guard let value = I(exactly: wide) else { throw corrupted("\(wide) doesn't fit into \(I.self)") }
      return value
    }
    switch tag {
    case Tag.smallest...: return try fit(tag & 0x7F)
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
    default: return try readWholeNumber(as: Double.self)
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
    default: return try readWholeNumber(as: Float.self)
    }
  }

  /// Codable lets a type write a whole number and read it as a fraction.
  private mutating func readWholeNumber<F: BinaryFloatingPoint>(as type: F.Type) throws -> F {
    let tag = try self.tag()
    guard tag >= Tag.smallest || (Tag.int8...Tag.uint128).contains(tag) else { throw mismatch(type, tag) }
    let whole = try readInteger(Int128.self)
    guard let value = F(exactly: whole) else { throw corrupted("\(whole) doesn't fit into \(F.self)") }
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

  /// Where a slice begins, and its bytes.
  mutating func readPlacedBytes() throws -> (index: Int, bytes: UnsafeRawBufferPointer) {
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

  /// Elements as they stood in the sender's memory.
  struct Memory {
    let code: UInt16
    let stride: Int
    let count: Int
    let bytes: UnsafeRawBufferPointer
  }

  /// What follows `Tag.memory`.
  mutating func readMemoryBlock() throws -> Memory {
    let code = try readBits(UInt16.self)
    let stride = try readLength()
    let count = try readLength()
    let (total, overflow) = stride.multipliedReportingOverflow(by: count)
    // An element of no size would let any count through; in Swift, each has a stride.
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
        memory of \(String(describing: type)) expected (code \(code), stride \(stride)), found code \(memory.code), \
        stride \(memory.stride)
        """)
    }
    return memory
  }

  mutating func readArray<Element: _PlainBytes>(of type: Element.Type) throws -> [Element] {
    if let code = Element._memoryCode, try tag() == Tag.memory {
      let memory = try readMemory(code: code, stride: MemoryLayout<Element>.stride, as: [Element].self)
      // All empty arrays share their storage, and this would write to it.
      if memory.count == 0 { return [] }
      return [Element](unsafeUninitializedCapacity: memory.count) { elements, count in
        HugePages.advise(UnsafeMutableRawBufferPointer(elements))
        UnsafeMutableRawBufferPointer(elements).copyMemory(from: memory.bytes)
        count = memory.count
      }
    }
    // A program may have written the elements one by one.
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
    case smallest..., int8, int16, int32, int64, int128, uint64, uint128: "a whole number"
    case empty: "an empty value"
    case null: "nil"
    case some: "a nested optional"
    case `true`, `false`: "a Bool"
    case float16, float32, float64: "a floating-point number"
    case string: "a string"
    case data, slice: "data"
    case memory: "an array of plain memory"
    case keyed, keyedAgain, shaped: "a keyed container"
    case unkeyed: "an unkeyed container"
    default: "the byte \(tag), with which no value begins,"
    }
  }
}
