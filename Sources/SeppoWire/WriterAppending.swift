/// Fast paths that append a value at the end of the buffer, for the innermost open container.
extension WireWriter {
  @inline(__always)
  func append(_ value: Bool) {
    reserve(1)
    append(unchecked: value ? Tag.true : Tag.false)
  }

  @inline(__always)
  private func append(unchecked tag: UInt8) {
    // In bounds: `slack` bytes are available after the reserved ones.
    memory.storeBytes(of: tag, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  /// Appends an integer in the fewest bytes that can represent it.
  @inline(__always)
  func append(integer value: Int) {
    if value >= 0, value < 128 {
      reserve(1)
      return append(unchecked: Tag.smallInteger | UInt8(truncatingIfNeeded: value))
    }
    append(large: value)
  }

  private func append(large value: Int) {
    reserve(9)
    let tag: UInt8
    let bytes: Int
    if value == Int(Int8(truncatingIfNeeded: value)) {
      (tag, bytes) = (Tag.int8, 1)
    } else if value == Int(Int16(truncatingIfNeeded: value)) {
      (tag, bytes) = (Tag.int16, 2)
    } else if value == Int(Int32(truncatingIfNeeded: value)) {
      (tag, bytes) = (Tag.int32, 4)
    } else {
      (tag, bytes) = (Tag.int64, 8)
    }
    append(unchecked: tag)
    // Writes all eight bytes; the next value overwrites the unused ones.
    memory.storeBytes(of: value.littleEndian, toByteOffset: count, as: Int.self)
    count += bytes
  }

  @inline(__always)
  func append<Bits: FixedWidthInteger & BitwiseCopyable>(bits: Bits, _ tag: UInt8) {
    reserve(1 + MemoryLayout<Bits>.size)
    append(unchecked: tag)
    memory.storeBytes(of: bits.littleEndian, toByteOffset: count, as: Bits.self)
    count += MemoryLayout<Bits>.size
  }

  func append(_ value: String) {
    var value = value
    value.withUTF8 { utf8 in
      reserve(11 + utf8.count)
      append(unchecked: Tag.string)
      append(unchecked: utf8.count)
      append(unchecked: UnsafeRawBufferPointer(utf8))
    }
  }

  func append<Element: _PlainBytes & BitwiseCopyable>(array: [Element]) {
    guard let code = Element._memoryCode else { preconditionFailure("the elements are not plain memory") }
    array.withUnsafeBytes { bytes in
      reserve(23 + bytes.count)
      append(unchecked: Tag.memory)
      memory.storeBytes(of: code.littleEndian, toByteOffset: count, as: UInt16.self)
      count += 2
      append(unchecked: MemoryLayout<Element>.stride)
      append(unchecked: array.count)
      append(unchecked: bytes)
    }
  }

  @inline(__always)
  private func append(unchecked length: Int) {
    if length < 0x80 { return append(unchecked: UInt8(truncatingIfNeeded: length)) }
    var offset = count
    VariableLength.write(length, to: memory, at: &offset)
    count = offset
  }

  @inline(__always)
  private func append(unchecked bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    // In bounds: the caller has reserved the bytes.
    (memory.baseAddress! + count).copyMemory(from: start, byteCount: bytes.count)
    count += bytes.count
  }
}
