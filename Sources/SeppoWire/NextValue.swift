/// The current position in a keyed container, and a fast path for the value there.
///
/// Nearly always a program requests the next value. If that value is complete and has the requested type, the methods
/// read it directly. Otherwise they return nil without moving, and the caller uses a `_WireCursor`.
struct NextValue {
  let keyWidth: KeyWidth
  let bytes: UnsafeRawBufferPointer
  /// The reader's nodes. The reader outlives this, because the core retains it.
  private let nodes: UnsafeMutablePointer<NodeStack<WireReader.Node>.Storage>
  var node = -1
  var serial = -1
  /// The end of the container's content.
  var end = 0
  /// The offset after the last value found: that of the next value, or of its key if the container stores keys.
  var offset = 0
  /// The position of the value at `offset` in the container's shape, if it has one.
  var position: ReaderKeys.Position = 0
  var table = ReaderKeys.Table.none

  init(
    keyWidth: KeyWidth, bytes: UnsafeRawBufferPointer, nodes: UnsafeMutablePointer<NodeStack<WireReader.Node>.Storage>
  ) {
    self.keyWidth = keyWidth
    self.bytes = bytes
    self.nodes = nodes
  }

  /// Moves to the end of the value at `offset`.
  @inline(__always)
  mutating func advance(to end: Int) {
    offset = end
    position &+= 1
  }

  /// Moves to the end of the value at a position of the shape.
  mutating func advance(to end: Int, from position: ReaderKeys.Position) {
    self.position = position
    advance(to: end)
  }

  @inline(__always)
  private var isLive: Bool { nodes.pointee.has(node) && nodes.pointee.nodes[node].serial == serial }

  /// Whether the value at `offset` belongs to this key.
  @inline(__always)
  func isNext(_ byte: UInt8) -> Bool {
    Int(byte) < table.capacity && table.positions[Int(byte)] == position && isLive
  }

  /// Whether the container is known to have no value for this key.
  @inline(__always)
  func isAbsent(_ byte: UInt8) -> Bool {
    Int(byte) < table.capacity && table.positions[Int(byte)] == ReaderKeys.absent && isLive
  }

  @inline(__always)
  private var tag: UInt8 { offset < end ? bytes[offset] : Tag.shapes }

  /// Returns the bits after the tag, or nil if there are too few bytes.
  @inline(__always)
  private func load<Bits: FixedWidthInteger & BitwiseCopyable>(_ type: Bits.Type) -> Bits? {
    guard end - offset > MemoryLayout<Bits>.size else { return nil }
    return Bits(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 1, as: type))
  }

  @inline(__always)
  private mutating func take<Bits: FixedWidthInteger & BitwiseCopyable>(_ type: Bits.Type) -> Bits? {
    guard let bits = load(type) else { return nil }
    advance(to: offset + 1 + MemoryLayout<Bits>.size)
    return bits
  }

  mutating func nextBool() -> Bool? {
    let tag = tag
    guard tag == Tag.true || tag == Tag.false else { return nil }
    advance(to: offset + 1)
    return tag == Tag.true
  }

  mutating func nextDouble() -> Double? { tag == Tag.float64 ? take(UInt64.self).map { Double(bitPattern: $0) } : nil }

  mutating func nextFloat() -> Float? { tag == Tag.float32 ? take(UInt32.self).map { Float(bitPattern: $0) } : nil }

  @inline(__always)
  mutating func nextInteger<I: FixedWidthInteger>(as type: I.Type) -> I? {
    guard let (value, end) = integer(), let value = I(exactly: value) else { return nil }
    advance(to: end)
    return value
  }

  /// Returns the integer at `offset` and the end of its bytes.
  private func integer() -> (Int, Int)? {
    switch tag {
    case Tag.smallInteger...: (Int(tag & 0x7F), offset + 1)
    case Tag.int8: load(Int8.self).map { (Int($0), offset + 2) }
    case Tag.int16: load(Int16.self).map { (Int($0), offset + 3) }
    case Tag.int32: load(Int32.self).map { (Int($0), offset + 5) }
    case Tag.int64: load(Int64.self).flatMap { Int(exactly: $0) }.map { ($0, offset + 9) }
    default: nil
    }
  }

  mutating func nextString() -> String? {
    // Strings of 128 bytes or more have longer lengths.
    guard tag == Tag.string, let count = load(UInt8.self), count < 0x80, end - offset - 2 >= count else { return nil }
    let start = offset + 2
    let utf8 = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + Int(count))])
    // Other strings need validation, because `String(decoding:as:)` would repair them.
    guard NextValue.isASCII(utf8) else { return nil }
    advance(to: start + Int(count))
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

  /// Reads an array of fewer than 128 elements into uninitialised memory. Longer arrays have longer headers.
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
    advance(to: start + count * 8)
    let array = [Double](unsafeUninitializedCapacity: count) { elements, done in
      UnsafeMutableRawBufferPointer(elements).copyMemory(from: bytes)
      done = count
    }
    destination.initializeMemory(as: [Double].self, to: array)
    return true
  }
}
