/// The destination of one value in a writer. Types with a built-in wire form write to it, without throwing.
public struct _WireTarget {
  let writer: WireWriter
  let target: WireWriter.Target

  /// Writes a tag and reserves the bytes that follow it. Returns their offset.
  func append(_ tag: UInt8, bytes: Int) -> Int {
    switch target {
    case .end:
      _ = writer.append(uninitialized: 1 + bytes)
      let start = writer.count - 1 - bytes
      writer.memory[start] = tag
      return start + 1
    case .container(let node):
      let start = writer.append(1 + bytes, in: node)
      writer.memory[start] = tag
      return start + 1
    case .slot(let node):
      writer.claim(node)
      writer.memory[writer.nodes[node].tag] = tag
      return writer.append(bytes, in: node)
    }
  }

  func write<Bits: FixedWidthInteger>(bits: Bits, tag: UInt8) {
    let offset = append(tag, bytes: MemoryLayout<Bits>.size)
    UnsafeMutableRawBufferPointer(rebasing: writer.memory[offset...]).storeBytes(of: bits.littleEndian, as: Bits.self)
  }

  func writeNil() { _ = append(Tag.null, bytes: 0) }

  func write(_ value: Bool) { _ = append(value ? Tag.true : Tag.false, bytes: 0) }

  /// Writes an integer in the fewest bytes that can represent it.
  func write<I: FixedWidthInteger>(integer value: I) {
    if let small = UInt8(exactly: value), small < 128 {
      _ = append(Tag.smallInteger | small, bytes: 0)
    } else if let value = Int8(exactly: value) {
      write(bits: value, tag: Tag.int8)
    } else if let value = Int16(exactly: value) {
      write(bits: value, tag: Tag.int16)
    } else if let value = Int32(exactly: value) {
      write(bits: value, tag: Tag.int32)
    } else if let value = Int64(exactly: value) {
      write(bits: value, tag: Tag.int64)
    } else if let value = UInt64(exactly: value) {
      write(bits: value, tag: Tag.uint64)
    } else if let value = Int128(exactly: value) {
      write(bits: value, tag: Tag.int128)
    } else {
      write(bits: UInt128(truncatingIfNeeded: value), tag: Tag.uint128)
    }
  }

  func write(_ value: Double) { write(bits: value.bitPattern, tag: Tag.float64) }

  func write(_ value: Float) { write(bits: value.bitPattern, tag: Tag.float32) }

  func write(_ value: String) {
    var value = value
    value.withUTF8 { write(counted: UnsafeRawBufferPointer($0), tag: Tag.string) }
  }

  func write(counted bytes: UnsafeRawBufferPointer, tag: UInt8) {
    let lengthBytes = VariableLength.bytes(of: bytes.count)
    var offset = append(tag, bytes: lengthBytes + bytes.count)
    VariableLength.write(bytes.count, to: writer.memory, at: &offset)
    UnsafeMutableRawBufferPointer(rebasing: writer.memory[offset..<(offset + bytes.count)]).copyMemory(from: bytes)
  }

  func write(slice bytes: UnsafeRawBufferPointer, at index: Int) {
    let head = VariableLength.bytes(of: index) + VariableLength.bytes(of: bytes.count)
    var offset = append(Tag.slice, bytes: head + bytes.count)
    VariableLength.write(index, to: writer.memory, at: &offset)
    VariableLength.write(bytes.count, to: writer.memory, at: &offset)
    UnsafeMutableRawBufferPointer(rebasing: writer.memory[offset..<(offset + bytes.count)]).copyMemory(from: bytes)
  }

  /// Writes the memory of elements.
  ///
  /// - Parameter bytes: may end before the padding of the last element.
  func write(memory bytes: UnsafeRawBufferPointer, code: UInt16, stride: Int, count: Int) {
    let head = 2 + VariableLength.bytes(of: stride) + VariableLength.bytes(of: count)
    var offset = append(Tag.memory, bytes: head + stride * count)
    writer.memory[offset] = UInt8(truncatingIfNeeded: code)
    writer.memory[offset + 1] = UInt8(truncatingIfNeeded: code >> 8)
    offset += 2
    VariableLength.write(stride, to: writer.memory, at: &offset)
    VariableLength.write(count, to: writer.memory, at: &offset)
    let end = offset + stride * count
    UnsafeMutableRawBufferPointer(rebasing: writer.memory[offset..<end]).copyMemory(from: bytes)
    for padding in (offset + bytes.count)..<end { writer.memory[padding] = 0 }
  }

  /// Writes a list whose elements have built-in wire forms.
  func write<Element: _PlainBytes>(list elements: UnsafeBufferPointer<Element>) {
    let lengthAt = append(Tag.unkeyed, bytes: Tag.lengthBytes)
    if case .slot(let node) = target {
      writeElements(elements, lengthAt: lengthAt, in: .container(node))
    } else {
      writeElements(elements, lengthAt: lengthAt, in: target)
    }
  }

  private func writeElements<Element: _PlainBytes>(
    _ elements: UnsafeBufferPointer<Element>, lengthAt: Int, in target: WireWriter.Target
  ) {
    let elementTarget = _WireTarget(writer: writer, target: target)
    var end = lengthAt + Tag.lengthBytes
    if let start = elements.baseAddress {
      for index in elements.indices { Element._write(UnsafeRawPointer(start + index), to: elementTarget) }
      end = elementTarget.end
    }
    writer.store(length: end - lengthAt - Tag.lengthBytes, at: lengthAt)
  }

  private var end: Int {
    switch target {
    case .end: writer.count
    case .container(let node), .slot(let node): writer.end(of: node)
    }
  }
}

/// Lengths and counts as variable-length integers (LEB128): seven bits per byte, the lowest first. The top bit of a
/// byte means that more bytes follow.
enum VariableLength {
  static func bytes(of value: Int) -> Int {
    var bytes = 1
    var rest = UInt(value) >> 7
    while rest != 0 {
      bytes += 1
      rest >>= 7
    }
    return bytes
  }

  static func write(_ value: Int, to memory: UnsafeMutableRawBufferPointer, at offset: inout Int) {
    var rest = UInt(value)
    while rest >= 0x80 {
      memory[offset] = UInt8(truncatingIfNeeded: rest) | 0x80
      offset += 1
      rest >>= 7
    }
    memory[offset] = UInt8(rest)
    offset += 1
  }
}
