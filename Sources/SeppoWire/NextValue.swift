/// Where the reading of a keyed container stands.
///
/// It is the next value that is asked for, nearly always; and it is read at once where it is whole and plainly of the type
/// that is asked for. Where it isn't, nothing moves, and what it is then is for `_WireCursor` to find out.
struct NextValue {
  let keyBytes: KeyBytes
  let bytes: UnsafeRawBufferPointer
  /// The reader's. The reader outlives this: the core holds it.
  private let nodes: UnsafeMutablePointer<NodeStack<_WireReader.Node>.Storage>
  var node = -1
  var serial = -1
  /// Where the container's content ends.
  var end = 0
  /// Where the value begins that follows the one found last (in a container with keys: the key before it).
  var offset = 0
  /// Of the value at `offset`, in a container with a shape.
  var position: ReaderKeys.Position = 0
  var table = ReaderKeys.Table.none

  init(
    keyBytes: KeyBytes, bytes: UnsafeRawBufferPointer, nodes: UnsafeMutablePointer<NodeStack<_WireReader.Node>.Storage>
  ) {
    self.keyBytes = keyBytes
    self.bytes = bytes
    self.nodes = nodes
  }

  /// The value at `offset` was read, and ends here.
  @inline(__always)
  mutating func moveOn(to end: Int) {
    offset = end
    position &+= 1
  }

  /// The value at this position was read, and ends here.
  mutating func moveOn(to end: Int, from position: ReaderKeys.Position) {
    self.position = position
    moveOn(to: end)
  }

  @inline(__always)
  private var isLive: Bool { nodes.pointee.has(node) && nodes.pointee.nodes[node].serial == serial }

  /// Whether the value at `offset` is the one under this key.
  @inline(__always)
  func isNext(_ byte: UInt8) -> Bool {
    Int(byte) < table.capacity && table.positions[Int(byte)] == position && isLive
  }

  /// Whether there is certainly no value under this key.
  @inline(__always)
  func isAbsent(_ byte: UInt8) -> Bool {
    Int(byte) < table.capacity && table.positions[Int(byte)] == ReaderKeys.absent && isLive
  }

  @inline(__always)
  private var tag: UInt8 { offset < end ? bytes[offset] : Tag.shapes }

  /// The bytes behind the tag, if so many are there.
  @inline(__always)
  private func load<Bits: FixedWidthInteger & BitwiseCopyable>(_ type: Bits.Type) -> Bits? {
    guard end - offset > MemoryLayout<Bits>.size else { return nil }
    return Bits(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 1, as: type))
  }

  @inline(__always)
  private mutating func take<Bits: FixedWidthInteger & BitwiseCopyable>(_ type: Bits.Type) -> Bits? {
    guard let bits = load(type) else { return nil }
    moveOn(to: offset + 1 + MemoryLayout<Bits>.size)
    return bits
  }

  mutating func nextBool() -> Bool? {
    let tag = tag
    guard tag == Tag.true || tag == Tag.false else { return nil }
    moveOn(to: offset + 1)
    return tag == Tag.true
  }

  mutating func nextDouble() -> Double? { tag == Tag.float64 ? take(UInt64.self).map { Double(bitPattern: $0) } : nil }

  mutating func nextFloat() -> Float? { tag == Tag.float32 ? take(UInt32.self).map { Float(bitPattern: $0) } : nil }

  @inline(__always)
  mutating func nextInteger<I: FixedWidthInteger>(as type: I.Type) -> I? {
    guard let (value, end) = integer(), let value = I(exactly: value) else { return nil }
    moveOn(to: end)
    return value
  }

  /// The number at `offset`, and where it ends.
  private func integer() -> (Int, Int)? {
    switch tag {
    case Tag.smallest...: (Int(tag & 0x7F), offset + 1)
    case Tag.int8: load(Int8.self).map { (Int($0), offset + 2) }
    case Tag.int16: load(Int16.self).map { (Int($0), offset + 3) }
    case Tag.int32: load(Int32.self).map { (Int($0), offset + 5) }
    case Tag.int64: load(Int64.self).flatMap { Int(exactly: $0) }.map { ($0, offset + 9) }
    default: nil
    }
  }

  mutating func nextString() -> String? {
    // Of longer ones the length takes more than a byte.
    guard tag == Tag.string, let count = load(UInt8.self), count < 0x80, end - offset - 2 >= count else { return nil }
    let start = offset + 2
    let utf8 = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + Int(count))])
    // Of others it must be found out whether they are valid; to repair them would be to change them.
    guard NextValue.isASCII(utf8) else { return nil }
    moveOn(to: start + Int(count))
    return String(decoding: utf8, as: UTF8.self)
  }

  @inline(__always)
  private static func isASCII(_ utf8: UnsafeRawBufferPointer) -> Bool {
    var offset = 0
    var all: UInt64 = 0
    while utf8.count - offset >= 8 {
      all |= utf8.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      offset += 8
    }
    while offset < utf8.count {
      all |= UInt64(utf8[offset])
      offset += 1
    }
    return all & 0x8080_8080_8080_8080 == 0
  }

  /// A short array into uninitialised memory; the head of a longer one is longer too.
  mutating func nextDoubles(to destination: UnsafeMutableRawPointer) -> Bool {
    let head = 5
    guard tag == Tag.memory, end - offset >= head else { return false }
    let code = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 1, as: UInt16.self))
    let stride = bytes[offset + 3]
    let count = Int(bytes[offset + 4])
    guard code == MemoryCode.scalar(MemoryCode.floating, bytes: 8), stride == 8, count < 0x80,
      end - offset - head >= count * 8
    else { return false }
    let start = offset + head
    let bytes = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + count * 8)])
    moveOn(to: start + count * 8)
    let array = [Double](unsafeUninitializedCapacity: count) { elements, done in
      UnsafeMutableRawBufferPointer(elements).copyMemory(from: bytes)
      done = count
    }
    destination.initializeMemory(as: [Double].self, to: array)
    return true
  }
}
