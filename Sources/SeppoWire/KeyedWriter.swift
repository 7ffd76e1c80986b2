/// The state of a keyed container: the value that it writes.
final class KeyedWriterCore {
  let writer: WireWriter
  let keys: WriterKeys
  let width: KeyWidth
  let label: ShapeTrie.Label
  /// Changes when the container is reused.
  @exclusivity(unchecked) var node: Int
  @exclusivity(unchecked) var serial: Int

  init(writer: WireWriter, keys: WriterKeys, node: Int, serial: Int) {
    self.writer = writer
    self.keys = keys
    width = keys.width
    label = keys.label
    self.node = node
    self.serial = serial
  }

  var place: WireEncoder { WireEncoder(writer: writer, node: node, serial: serial) }

  /// Records a key in the container's shape, if the container is open at the writer's end and the key has followed the
  /// same keys before. If so, returns true, and the caller only has to append the value.
  @inline(__always)
  func append(key byte: UInt8) -> Bool { writer.append(key: label | ShapeTrie.Label(byte), in: node, serial) }
}

/// A keyed container, to be wrapped in a `KeyedEncodingContainer`.
struct KeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let core: KeyedWriterCore

  private var place: WireEncoder { core.place }

  var codingPath: [any CodingKey] { place.codingPath }

  @inline(__always)
  private func appendKnown(_ key: Key) -> Bool { core.append(key: core.width.byte(of: key)) }

  private func write(key: Key) {
    if appendKnown(key) { return }
    let label = core.width == .none ? nil : core.label | ShapeTrie.Label(core.width.byte(of: key))
    core.writer.write(key: key, label: label, in: core.node)
  }

  @inline(never)
  private func target(_ key: Key) throws -> _WireTarget {
    try place.checkLive(key.stringValue)
    write(key: key)
    return _WireTarget(writer: core.writer, target: .container(core.node))
  }

  @inline(__always)
  private func write<I: FixedWidthInteger>(integer value: I, _ key: Key) throws {
    if let value = Int(exactly: value), appendKnown(key) {
      core.writer.append(integer: value)
    } else {
      try target(key).write(integer: value)
    }
  }

  func encodeNil(forKey key: Key) throws { try target(key).writeNil() }

  func encode(_ value: Bool, forKey key: Key) throws {
    if appendKnown(key) { core.writer.append(value) } else { try target(key).write(value) }
  }
  func encode(_ value: String, forKey key: Key) throws {
    if appendKnown(key) { core.writer.append(value) } else { try target(key).write(value) }
  }
  func encode(_ value: Double, forKey key: Key) throws {
    if appendKnown(key) {
      core.writer.append(bits: value.bitPattern, Tag.float64)
    } else {
      try target(key).write(value)
    }
  }
  func encode(_ value: Float, forKey key: Key) throws {
    if appendKnown(key) {
      core.writer.append(bits: value.bitPattern, Tag.float32)
    } else {
      try target(key).write(value)
    }
  }
  func encode(_ value: Int, forKey key: Key) throws { try write(integer: value, key) }
  func encode(_ value: Int8, forKey key: Key) throws { try write(integer: value, key) }
  func encode(_ value: Int16, forKey key: Key) throws { try write(integer: value, key) }
  func encode(_ value: Int32, forKey key: Key) throws { try write(integer: value, key) }
  func encode(_ value: Int64, forKey key: Key) throws { try write(integer: value, key) }
  func encode(_ value: Int128, forKey key: Key) throws { try write(integer: value, key) }
  func encode(_ value: UInt, forKey key: Key) throws { try write(integer: value, key) }
  func encode(_ value: UInt8, forKey key: Key) throws { try write(integer: value, key) }
  func encode(_ value: UInt16, forKey key: Key) throws { try write(integer: value, key) }
  func encode(_ value: UInt32, forKey key: Key) throws { try write(integer: value, key) }
  func encode(_ value: UInt64, forKey key: Key) throws { try write(integer: value, key) }
  func encode(_ value: UInt128, forKey key: Key) throws { try write(integer: value, key) }

  // The default implementations call `encode` in a way that takes twice as long.
  func encodeIfPresent(_ value: Bool?, forKey key: Key) throws { if let value { try encode(value, forKey: key) } }
  func encodeIfPresent(_ value: String?, forKey key: Key) throws { if let value { try encode(value, forKey: key) } }
  func encodeIfPresent(_ value: Double?, forKey key: Key) throws { if let value { try encode(value, forKey: key) } }
  func encodeIfPresent(_ value: Float?, forKey key: Key) throws { if let value { try encode(value, forKey: key) } }
  func encodeIfPresent(_ value: Int?, forKey key: Key) throws { if let value { try encode(value, forKey: key) } }
  func encodeIfPresent(_ value: Int8?, forKey key: Key) throws { if let value { try encode(value, forKey: key) } }
  func encodeIfPresent(_ value: Int16?, forKey key: Key) throws { if let value { try encode(value, forKey: key) } }
  func encodeIfPresent(_ value: Int32?, forKey key: Key) throws { if let value { try encode(value, forKey: key) } }
  func encodeIfPresent(_ value: Int64?, forKey key: Key) throws { if let value { try encode(value, forKey: key) } }
  func encodeIfPresent(_ value: Int128?, forKey key: Key) throws { if let value { try encode(value, forKey: key) } }
  func encodeIfPresent(_ value: UInt?, forKey key: Key) throws { if let value { try encode(value, forKey: key) } }
  func encodeIfPresent(_ value: UInt8?, forKey key: Key) throws { if let value { try encode(value, forKey: key) } }
  func encodeIfPresent(_ value: UInt16?, forKey key: Key) throws { if let value { try encode(value, forKey: key) } }
  func encodeIfPresent(_ value: UInt32?, forKey key: Key) throws { if let value { try encode(value, forKey: key) } }
  func encodeIfPresent(_ value: UInt64?, forKey key: Key) throws { if let value { try encode(value, forKey: key) } }
  func encodeIfPresent(_ value: UInt128?, forKey key: Key) throws { if let value { try encode(value, forKey: key) } }

  func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
    // A fast path without looking up the type's traits.
    if T.self == [Double].self, appendKnown(key) {
      // Safe: T is [Double].
      withUnsafePointer(to: value) {
        core.writer.append(array: UnsafeRawPointer($0).assumingMemoryBound(to: [Double].self).pointee)
      }
    } else {
      _ = try write(value, forKey: key)
    }
  }

  func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) throws {
    guard let value else { return }
    let start = try write(value, forKey: key)
    // The value is present, but may be written as nil: a nested optional, or a type that encodes an optional as its
    // only value.
    core.writer.markSome(at: start, in: core.node)
  }

  /// Writes a value, and returns the offset of its tag.
  private func write<T: Encodable>(_ value: T, forKey key: Key) throws -> Int {
    let place = place
    try place.checkLive(value)
    let before = place.writer.end(of: place.node)
    let shape = place.writer.nodes[place.node].shape
    write(key: key)
    let start = place.writer.end(of: place.node)
    var isWritten = false
    defer {
      if !isWritten {
        // The program may continue (`try?`), and a key without a value would make the following bytes unreadable.
        place.writer.rollBack(last: start - before, of: place.node)
        place.writer.nodes[place.node].shape = shape
      }
    }
    try place.writer.write(value, to: .container(place.node), key: key)
    isWritten = true
    return start
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type, forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> {
    nested(key, isKeyed: true).container(keyedBy: keyType)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    nested(key, isKeyed: false).unkeyedContainer()
  }

  /// Returns an encoder for a nested container. Two requests with the same key return the same container.
  private func nested(_ key: Key, isKeyed: Bool) -> WireEncoder {
    let place = place
    guard place.writer.isLive(place.node, place.serial) else { return place.invalid }
    if let known = place.writer.container(under: key, in: place.node, isKeyed: isKeyed) {
      return WireEncoder(writer: place.writer, node: known, serial: place.writer.nodes[known].serial)
    }
    write(key: key)
    return place.slot(key: key) ?? place.invalid
  }

  func superEncoder() -> any Encoder {
    let place = place
    guard place.writer.isLive(place.node, place.serial) else { return place.invalid }
    place.writer.write(key: SuperKey(), label: nil, in: place.node)
    return place.slot(key: SuperKey()) ?? place.invalid
  }

  func superEncoder(forKey key: Key) -> any Encoder {
    let place = place
    guard place.writer.isLive(place.node, place.serial) else { return place.invalid }
    write(key: key)
    return place.slot(key: key) ?? place.invalid
  }
}
