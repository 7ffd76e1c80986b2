/// The `Encoder` that a value's `encode(to:)` sees: a place in a writer.
struct WireEncoder: Encoder {
  let writer: _WireWriter
  let node: Int
  let serial: Int

  var codingPath: [any CodingKey] { writer.isLive(node, serial) ? writer.codingPath(of: node) : [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    open(.keyed)
    return KeyedEncodingContainer(KeyedWriter<Key>(place: self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    open(.unkeyed)
    return UnkeyedWriter(place: self)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { SingleWriter(place: self) }

  private func open(_ form: _WireWriter.Node.Form) {
    guard writer.isLive(node, serial) else { return }
    writer.openContainer(form, on: node)
  }

  /// A container may be kept for longer than the value that it belongs to is being encoded.
  func checkLive(_ value: Any) throws {
    guard writer.isLive(node, serial) else {
      throw EncodingError.invalidValue(
        value,
        .init(codingPath: [], debugDescription: "an encoder was used after the value it was made for had been encoded"))
    }
  }

  /// A place of its own inside this container, to be filled now or later.
  func slot(in form: _WireWriter.Node.Form, key: any CodingKey) -> WireEncoder? {
    // These calls can't throw; what goes wrong is thrown when the value has been encoded.
    guard writer.isLive(node, serial) else { return nil }
    do {
      let slot = try writer.openSlot(in: .container(node), key: key, for: key.stringValue)
      if form != .empty { writer.openContainer(form, on: slot) }
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

struct KeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let place: WireEncoder

  var codingPath: [any CodingKey] { place.codingPath }

  private func write(key: some CodingKey) {
    var name = key.stringValue
    name.withUTF8 { utf8 in
      place.writer.noteKey(UnsafeRawBufferPointer(utf8), in: place.node)
      let lengthBytes = VariableLength.bytes(of: utf8.count)
      var offset = place.writer.place(lengthBytes + utf8.count, in: place.node)
      VariableLength.write(utf8.count, to: place.writer.memory, at: &offset)
      UnsafeMutableRawBufferPointer(rebasing: place.writer.memory[offset..<(offset + utf8.count)])
        .copyMemory(from: UnsafeRawBufferPointer(utf8))
    }
  }

  private func target(_ key: Key, _ value: Any) throws -> _WireTarget {
    try place.checkLive(value)
    write(key: key)
    return _WireTarget(writer: place.writer, target: .container(place.node))
  }

  func encodeNil(forKey key: Key) throws { try target(key, "nil").writeNil() }
  func encode(_ value: Bool, forKey key: Key) throws { try target(key, value).write(value) }
  func encode(_ value: String, forKey key: Key) throws { try target(key, value).write(value) }
  func encode(_ value: Double, forKey key: Key) throws { try target(key, value).write(value) }
  func encode(_ value: Float, forKey key: Key) throws { try target(key, value).write(value) }
  func encode(_ value: Int, forKey key: Key) throws { try target(key, value).write(integer: value) }
  func encode(_ value: Int8, forKey key: Key) throws { try target(key, value).write(integer: value) }
  func encode(_ value: Int16, forKey key: Key) throws { try target(key, value).write(integer: value) }
  func encode(_ value: Int32, forKey key: Key) throws { try target(key, value).write(integer: value) }
  func encode(_ value: Int64, forKey key: Key) throws { try target(key, value).write(integer: value) }
  func encode(_ value: Int128, forKey key: Key) throws { try target(key, value).write(integer: value) }
  func encode(_ value: UInt, forKey key: Key) throws { try target(key, value).write(integer: value) }
  func encode(_ value: UInt8, forKey key: Key) throws { try target(key, value).write(integer: value) }
  func encode(_ value: UInt16, forKey key: Key) throws { try target(key, value).write(integer: value) }
  func encode(_ value: UInt32, forKey key: Key) throws { try target(key, value).write(integer: value) }
  func encode(_ value: UInt64, forKey key: Key) throws { try target(key, value).write(integer: value) }
  func encode(_ value: UInt128, forKey key: Key) throws { try target(key, value).write(integer: value) }

  func encode<T: Encodable>(_ value: T, forKey key: Key) throws { _ = try write(value, forKey: key) }

  func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) throws {
    guard let value else { return }
    let start = try write(value, forKey: key)
    // Present, and yet itself nil: an optional's inner nil, or that of a type that writes an optional as its only value.
    place.writer.markSome(at: start, in: place.node)
  }

  /// Gives the offset of the value's tag.
  private func write<T: Encodable>(_ value: T, forKey key: Key) throws -> Int {
    try place.checkLive(value)
    let before = place.writer.end(of: place.node)
    write(key: key)
    let start = place.writer.end(of: place.node)
    do {
      try place.writer.write(value, to: .container(place.node), key: key)
    } catch {
      // A key without a value would make what follows unreadable for a program that goes on (`try?`).
      place.writer.takeBack(last: start - before, of: place.node)
      throw error
    }
    return start
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type, forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> {
    KeyedEncodingContainer(KeyedWriter<NestedKey>(place: nested(.keyed, key)))
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    UnkeyedWriter(place: nested(.unkeyed, key))
  }

  /// Asked for twice under one key, it is one container.
  private func nested(_ form: _WireWriter.Node.Form, _ key: Key) -> WireEncoder {
    guard place.writer.isLive(place.node, place.serial) else { return place.dead }
    if let known = place.writer.container(under: key, in: place.node, form: form) {
      return WireEncoder(writer: place.writer, node: known, serial: place.writer.nodes[known].serial)
    }
    write(key: key)
    return place.slot(in: form, key: key) ?? place.dead
  }

  func superEncoder() -> any Encoder { superEncoder(under: SuperKey()) }

  func superEncoder(forKey key: Key) -> any Encoder { superEncoder(under: key) }

  private func superEncoder(under key: some CodingKey) -> any Encoder {
    guard place.writer.isLive(place.node, place.serial) else { return place.dead }
    write(key: key)
    return place.slot(in: .empty, key: key) ?? place.dead
  }
}

struct UnkeyedWriter: UnkeyedEncodingContainer {
  let place: WireEncoder

  var codingPath: [any CodingKey] { place.codingPath }

  var count: Int { place.writer.isLive(place.node, place.serial) ? place.writer.nodes[place.node].count : 0 }

  private func target(_ value: Any) throws -> _WireTarget {
    try place.checkLive(value)
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

  private func nested(_ form: _WireWriter.Node.Form) -> WireEncoder {
    guard place.writer.isLive(place.node, place.serial) else { return place.dead }
    let slot = place.slot(in: form, key: IndexKey(count))
    place.writer.noteElement(in: place.node)
    return slot ?? place.dead
  }

  func nestedContainer<NestedKey: CodingKey>(keyedBy keyType: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
    KeyedEncodingContainer(KeyedWriter<NestedKey>(place: nested(.keyed)))
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { UnkeyedWriter(place: nested(.unkeyed)) }

  func superEncoder() -> any Encoder { nested(.empty) }
}

struct SingleWriter: SingleValueEncodingContainer {
  let place: WireEncoder

  var codingPath: [any CodingKey] { place.codingPath }

  private func target(_ value: Any) throws -> _WireTarget {
    try place.checkLive(value)
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
