/// What a keyed container is made of: the place that it writes to.
final class KeyedWriterCore {
  let writer: _WireWriter
  let keys: WriterKeys
  let bytes: KeyBytes
  let label: ShapeTrie.Label
  /// Others once the container is handed out again.
  @exclusivity(unchecked) var node: Int
  @exclusivity(unchecked) var serial: Int

  init(writer: _WireWriter, keys: WriterKeys, node: Int, serial: Int) {
    self.writer = writer
    self.keys = keys
    bytes = keys.bytes
    label = keys.label
    self.node = node
    self.serial = serial
  }

  var place: WireEncoder { WireEncoder(writer: writer, node: node, serial: serial) }

  /// Whether the container is the one that is open at the writer's end and the key came next before, and so was noted:
  /// then the value is to be appended, and nothing else remains to be done.
  @inline(__always)
  func note(_ byte: UInt8) -> Bool { writer.note(label | ShapeTrie.Label(byte), in: node, serial) }
}

struct KeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let core: KeyedWriterCore

  private var place: WireEncoder { core.place }

  var codingPath: [any CodingKey] { place.codingPath }

  @inline(__always)
  private func isNext(_ key: Key) -> Bool { core.note(core.bytes.byte(of: key)) }

  private func write(key: Key) {
    if isNext(key) { return }
    let label = core.bytes == .none ? nil : core.label | ShapeTrie.Label(core.bytes.byte(of: key))
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
    if let value = Int(exactly: value), isNext(key) {
      core.writer.append(integer: value)
    } else {
      try target(key).write(integer: value)
    }
  }

  func encodeNil(forKey key: Key) throws { try target(key).writeNil() }

  func encode(_ value: Bool, forKey key: Key) throws {
    if isNext(key) { core.writer.append(value) } else { try target(key).write(value) }
  }
  func encode(_ value: String, forKey key: Key) throws {
    if isNext(key) { core.writer.append(value) } else { try target(key).write(value) }
  }
  func encode(_ value: Double, forKey key: Key) throws {
    if isNext(key) { core.writer.append(bits: value.bitPattern, Tag.float64) } else { try target(key).write(value) }
  }
  func encode(_ value: Float, forKey key: Key) throws {
    if isNext(key) { core.writer.append(bits: value.bitPattern, Tag.float32) } else { try target(key).write(value) }
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

  // Without these the standard library asks for `encode` in a way that takes as long again.
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
    // What arrays of numbers are must not be found out for each again.
    if T.self == [Double].self, isNext(key) {
      // The type was just compared.
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
    // Present, and yet itself nil: an optional's inner nil, or that of a type that writes an optional as its only value.
    core.writer.markSome(at: start, in: core.node)
  }

  /// Gives the offset of the value's tag.
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
        // A key without a value would make what follows unreadable for a program that goes on (`try?`).
        place.writer.takeBack(last: start - before, of: place.node)
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

  /// Asked for twice under one key, it is one container.
  private func nested(_ key: Key, isKeyed: Bool) -> WireEncoder {
    let place = place
    guard place.writer.isLive(place.node, place.serial) else { return place.dead }
    if let known = place.writer.container(under: key, in: place.node, isKeyed: isKeyed) {
      return WireEncoder(writer: place.writer, node: known, serial: place.writer.nodes[known].serial)
    }
    write(key: key)
    return place.slot(key: key) ?? place.dead
  }

  func superEncoder() -> any Encoder {
    let place = place
    guard place.writer.isLive(place.node, place.serial) else { return place.dead }
    place.writer.write(key: SuperKey(), label: nil, in: place.node)
    return place.slot(key: SuperKey()) ?? place.dead
  }

  func superEncoder(forKey key: Key) -> any Encoder {
    let place = place
    guard place.writer.isLive(place.node, place.serial) else { return place.dead }
    write(key: key)
    return place.slot(key: key) ?? place.dead
  }
}
