/// The `Encoder` that a value's `encode(to:)` sees: a place in a writer.
struct WireEncoder: Encoder {
  let writer: _WireWriter
  let node: Int
  let serial: Int

  var codingPath: [any CodingKey] { writer.isLive(node, serial) ? writer.codingPath(of: node) : [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    // The writer holds them until the part ends.
    writer.keys(of: type)._withUnsafeGuaranteedRef { keys in
      if writer.isLive(node, serial) { writer.openContainer(keys.form, on: node, root: keys.root) }
      return container(keys)
    }
  }

  /// A keyed container for this place; one that was handed out before, if nobody has it any more.
  @inline(__always)
  private func container<Key: CodingKey>(_ keys: WriterKeys) -> KeyedEncodingContainer<Key> {
    guard let index = keys.handedOut.free() else { return anotherContainer(keys) }
    let core = keys.handedOut.core(index)
    core._withUnsafeGuaranteedRef {
      $0.node = node
      $0.serial = serial
    }
    // Made for this key type, and so for this container's type.
    let copier = unsafeDowncast(keys.copier, to: Copier<KeyedEncodingContainer<Key>>.self)
    return copier.copy(keys.handedOut.box(index))
  }

  @inline(never)
  private func anotherContainer<Key: CodingKey>(_ keys: WriterKeys) -> KeyedEncodingContainer<Key> {
    let core = KeyedWriterCore(writer: writer, keys: keys, node: node, serial: serial)
    let container = KeyedEncodingContainer(KeyedWriter<Key>(core: core))
    // Looked at as an object only where `fits` says that it is one.
    if keys.isKept, !keys.handedOut.isFull { keys.handedOut.keep(unsafeBitCast(container, to: AnyObject.self), core) }
    return container
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    if writer.isLive(node, serial) { writer.openContainer(.unkeyed, on: node) }
    return UnkeyedWriter(place: self)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { SingleWriter(place: self) }

  /// A container may be kept for longer than the value that it belongs to is being encoded.
  func checkLive(_ value: @autoclosure () -> Any) throws {
    guard writer.isLive(node, serial) else {
      throw EncodingError.invalidValue(
        value(),
        .init(codingPath: [], debugDescription: "an encoder was used after the value it was made for had been encoded"))
    }
  }

  /// A place of its own inside this container, to be filled now or later.
  func slot(key: any CodingKey) -> WireEncoder? {
    // These calls can't throw; what goes wrong is thrown when the value has been encoded.
    guard writer.isLive(node, serial) else { return nil }
    guard !writer.stack.isUsedUp else {
      writer.note(mistake: writer.invalid(key.stringValue, at: .container(node), key: key, noStack))
      return nil
    }
    do {
      let slot = try writer.openSlot(in: .container(node), key: key, for: key.stringValue)
      return WireEncoder(writer: writer, node: slot, serial: writer.nodes[slot].serial)
    } catch let error as EncodingError {
      writer.note(mistake: error)
    } catch {
      writer.note(mistake: writer.invalid(key, at: .container(node), key: key, "\(error)"))
    }
    return nil
  }

  /// Stands in where there is no place to write to: the mistake has been noted, or is thrown at the first use.
  var dead: WireEncoder { WireEncoder(writer: writer, node: -1, serial: -1) }
}

struct UnkeyedWriter: UnkeyedEncodingContainer {
  let place: WireEncoder

  var codingPath: [any CodingKey] { place.codingPath }

  var count: Int { place.writer.isLive(place.node, place.serial) ? place.writer.nodes[place.node].count : 0 }

  @inline(__always)
  private func target(_ value: @autoclosure () -> Any) throws -> _WireTarget {
    try place.checkLive(value())
    place.writer.noteElement(in: place.node)
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
    place.writer.noteElement(in: place.node)
  }

  private func nested() -> WireEncoder {
    guard place.writer.isLive(place.node, place.serial) else { return place.dead }
    let slot = place.slot(key: IndexKey(count))
    place.writer.noteElement(in: place.node)
    return slot ?? place.dead
  }

  func nestedContainer<NestedKey: CodingKey>(keyedBy keyType: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
    nested().container(keyedBy: keyType)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nested().unkeyedContainer() }

  func superEncoder() -> any Encoder { nested() }
}

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
    // An optional's wrapped value that is itself nil must not be read as the outer nil.
    if writer.nodes[place.node].isOptional { writer.markSome(at: writer.nodes[place.node].tag, in: place.node) }
  }
}
