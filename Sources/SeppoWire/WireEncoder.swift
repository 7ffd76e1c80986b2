/// The `Encoder` for a value's `encode(to:)`: the value's position in a writer.
struct WireEncoder: Encoder {
  let writer: WireWriter
  let node: Int
  let serial: Int

  var codingPath: [any CodingKey] { writer.isLive(node, serial) ? writer.codingPath(of: node) : [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    // The writer retains the keys until the part ends.
    writer.keys(of: type)._withUnsafeGuaranteedRef { keys in
      if writer.isLive(node, serial) { writer.openContainer(keys.form, on: node, root: keys.root) }
      return container(keys)
    }
  }

  /// Returns a keyed container for this value, from the pool if one is free.
  @inline(__always)
  private func container<Key: CodingKey>(_ keys: WriterKeys) -> KeyedEncodingContainer<Key> {
    guard let index = keys.containers.firstFree() else { return newContainer(keys) }
    let core = keys.containers.core(index)
    core._withUnsafeGuaranteedRef {
      $0.node = node
      $0.serial = serial
    }
    // The copier was made for this key type, and so for this container type.
    let copier = unsafeDowncast(keys.copier, to: Copier<KeyedEncodingContainer<Key>>.self)
    return copier.copy(keys.containers.box(index))
  }

  @inline(never)
  private func newContainer<Key: CodingKey>(_ keys: WriterKeys) -> KeyedEncodingContainer<Key> {
    let core = KeyedWriterCore(writer: writer, keys: keys, node: node, serial: serial)
    let container = KeyedEncodingContainer(KeyedWriter<Key>(core: core))
    // Safe: `isPoolable` implies that the container is an object reference.
    if keys.isPoolable, !keys.containers.isFull {
      keys.containers.add(unsafeBitCast(container, to: AnyObject.self), core)
    }
    return container
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    if writer.isLive(node, serial) { writer.openContainer(.unkeyed, on: node) }
    return UnkeyedWriter(place: self)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { SingleWriter(place: self) }

  /// Throws if the value has already been encoded: a program may keep an encoder or container for too long.
  func checkLive(_ value: @autoclosure () -> Any) throws {
    guard writer.isLive(node, serial) else {
      throw EncodingError.invalidValue(
        value(),
        .init(codingPath: [], debugDescription: "an encoder was used after the value it was made for had been encoded"))
    }
  }

  /// Returns an encoder for a place inside this container, which may be written now or later.
  func slot(key: any CodingKey) -> WireEncoder? {
    // Codable's calls for this can't throw, so an error is recorded and thrown at the end of the value.
    guard writer.isLive(node, serial) else { return nil }
    guard !writer.stack.isExhausted else {
      writer.record(writer.invalid(key.stringValue, at: .container(node), key: key, noStackMessage))
      return nil
    }
    do {
      let slot = try writer.openSlot(in: .container(node), key: key, for: key.stringValue)
      return WireEncoder(writer: writer, node: slot, serial: writer.nodes[slot].serial)
    } catch let error as EncodingError {
      writer.record(error)
    } catch {
      writer.record(writer.invalid(key, at: .container(node), key: key, "\(error)"))
    }
    return nil
  }

  /// An encoder without a place to write to. The error has been recorded, or is thrown at the first use.
  var invalid: WireEncoder { WireEncoder(writer: writer, node: -1, serial: -1) }
}

/// An unkeyed container.
struct UnkeyedWriter: UnkeyedEncodingContainer {
  let place: WireEncoder

  var codingPath: [any CodingKey] { place.codingPath }

  var count: Int { place.writer.isLive(place.node, place.serial) ? place.writer.nodes[place.node].count : 0 }

  @inline(__always)
  private func target(_ value: @autoclosure () -> Any) throws -> _WireTarget {
    try place.checkLive(value())
    place.writer.countElement(in: place.node)
    return _WireTarget(writer: place.writer, target: .container(place.node))
  }

  func encodeNil() throws { try target("nil").writeNil() }
  func encode(_ value: Bool) throws { try target(value).write(value) }
  func encode(_ value: String) throws { try target(value).write(value) }
  func encode(_ value: Double) throws { try target(value).write(value) }
  func encode(_ value: Float) throws { try target(value).write(value) }
  func encode(_ value: Int) throws { try target(value).write(integer: value) }
  func encode(_ value: Int8) throws { try target(value).write(integer: value) }
  func encode(_ value: Int16) throws { try target(value).write(integer: value) }
  func encode(_ value: Int32) throws { try target(value).write(integer: value) }
  func encode(_ value: Int64) throws { try target(value).write(integer: value) }
  func encode(_ value: Int128) throws { try target(value).write(integer: value) }
  func encode(_ value: UInt) throws { try target(value).write(integer: value) }
  func encode(_ value: UInt8) throws { try target(value).write(integer: value) }
  func encode(_ value: UInt16) throws { try target(value).write(integer: value) }
  func encode(_ value: UInt32) throws { try target(value).write(integer: value) }
  func encode(_ value: UInt64) throws { try target(value).write(integer: value) }
  func encode(_ value: UInt128) throws { try target(value).write(integer: value) }

  func encode<T: Encodable>(_ value: T) throws {
    try place.checkLive(value)
    try place.writer.write(value, to: .container(place.node), key: IndexKey(count))
    place.writer.countElement(in: place.node)
  }

  private func nested() -> WireEncoder {
    guard place.writer.isLive(place.node, place.serial) else { return place.invalid }
    let slot = place.slot(key: IndexKey(count))
    place.writer.countElement(in: place.node)
    return slot ?? place.invalid
  }

  func nestedContainer<NestedKey: CodingKey>(keyedBy keyType: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
    nested().container(keyedBy: keyType)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nested().unkeyedContainer() }

  func superEncoder() -> any Encoder { nested() }
}

/// A single-value container.
struct SingleWriter: SingleValueEncodingContainer {
  let place: WireEncoder

  var codingPath: [any CodingKey] { place.codingPath }

  @inline(__always)
  private func target(_ value: @autoclosure () -> Any) throws -> _WireTarget {
    try place.checkLive(value())
    return _WireTarget(writer: place.writer, target: .slot(place.node))
  }

  func encodeNil() throws { try target("nil").writeNil() }
  func encode(_ value: Bool) throws { try target(value).write(value) }
  func encode(_ value: String) throws { try target(value).write(value) }
  func encode(_ value: Double) throws { try target(value).write(value) }
  func encode(_ value: Float) throws { try target(value).write(value) }
  func encode(_ value: Int) throws { try target(value).write(integer: value) }
  func encode(_ value: Int8) throws { try target(value).write(integer: value) }
  func encode(_ value: Int16) throws { try target(value).write(integer: value) }
  func encode(_ value: Int32) throws { try target(value).write(integer: value) }
  func encode(_ value: Int64) throws { try target(value).write(integer: value) }
  func encode(_ value: Int128) throws { try target(value).write(integer: value) }
  func encode(_ value: UInt) throws { try target(value).write(integer: value) }
  func encode(_ value: UInt8) throws { try target(value).write(integer: value) }
  func encode(_ value: UInt16) throws { try target(value).write(integer: value) }
  func encode(_ value: UInt32) throws { try target(value).write(integer: value) }
  func encode(_ value: UInt64) throws { try target(value).write(integer: value) }
  func encode(_ value: UInt128) throws { try target(value).write(integer: value) }

  func encode<T: Encodable>(_ value: T) throws {
    try place.checkLive(value)
    let writer = place.writer
    try writer.write(value, to: .slot(place.node), key: nil)
    // A nested nil must not be decoded as the outer nil.
    if writer.nodes[place.node].isOptional { writer.markSome(at: writer.nodes[place.node].tag, in: place.node) }
  }
}
