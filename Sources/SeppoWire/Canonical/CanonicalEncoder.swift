/// The `Encoder` that a value's `encode(to:)` sees when its canonical bytes are written.
struct CanonicalEncoder: Encoder {
  let writer: CanonicalWriter
  let node: CanonicalNode

  var codingPath: [any CodingKey] { node.codingPath }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    if node.isLive { node.claim(.keyed) }
    return KeyedEncodingContainer(CanonicalKeyed<Key>(writer: writer, node: node))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    if node.isLive { node.claim(.list) }
    return CanonicalList(writer: writer, node: node)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { CanonicalSingle(writer: writer, node: node) }

  /// Returns an encoder for a place inside this node, which may be written now or later. Codable's calls for this can't
  /// throw, so an error is recorded and thrown at the end of the value.
  func slot(key: any CodingKey) -> CanonicalEncoder {
    do {
      try node.checkLive(key)
      let child = try writer.openSlot(CanonicalPlace(writer: writer, node: node, key: key, depth: node.depth + 1))
      return CanonicalEncoder(writer: writer, node: child)
    } catch {
      if let error = error as? EncodingError, node.isLive { node.record(error) }
      // An encoder without effect.
      return CanonicalEncoder(writer: writer, node: CanonicalNode())
    }
  }
}

/// An unkeyed container of the canonical form.
struct CanonicalList: UnkeyedEncodingContainer {
  let writer: CanonicalWriter
  let node: CanonicalNode

  var codingPath: [any CodingKey] { node.codingPath }

  var count: Int { node.count }

  @inline(__always)
  private func write(_ value: (CanonicalNode) -> Void) throws {
    try node.checkLive("element \(count)")
    value(node)
    node.count += 1
  }

  func encodeNil() throws { try write { $0.append(CanonicalTag.null) } }
  func encode(_ value: Bool) throws { try write { $0.append(value) } }
  func encode(_ value: String) throws { try write { $0.append(value) } }
  func encode(_ value: Double) throws { try write { $0.append(CanonicalTag.float64, bits: value.bitPattern) } }
  func encode(_ value: Float) throws { try write { $0.append(CanonicalTag.float32, bits: value.bitPattern) } }
  func encode(_ value: Int) throws { try write { $0.append(integer: value) } }
  func encode(_ value: Int8) throws { try write { $0.append(integer: value) } }
  func encode(_ value: Int16) throws { try write { $0.append(integer: value) } }
  func encode(_ value: Int32) throws { try write { $0.append(integer: value) } }
  func encode(_ value: Int64) throws { try write { $0.append(integer: value) } }
  func encode(_ value: Int128) throws { try write { $0.append(integer: value) } }
  func encode(_ value: UInt) throws { try write { $0.append(integer: value) } }
  func encode(_ value: UInt8) throws { try write { $0.append(integer: value) } }
  func encode(_ value: UInt16) throws { try write { $0.append(integer: value) } }
  func encode(_ value: UInt32) throws { try write { $0.append(integer: value) } }
  func encode(_ value: UInt64) throws { try write { $0.append(integer: value) } }
  func encode(_ value: UInt128) throws { try write { $0.append(integer: value) } }

  func encode<T: Encodable>(_ value: T) throws {
    try node.checkLive(value)
    let mark = node.mark
    var isWritten = false
    defer { if !isWritten { node.rollBack(to: mark) } }
    try writer.write(value, into: node, key: IndexKey(count), depth: node.depth + 1)
    isWritten = true
    node.count += 1
  }

  private func nested() -> CanonicalEncoder {
    let slot = CanonicalEncoder(writer: writer, node: node).slot(key: IndexKey(count))
    if slot.node.isLive {
      let here = node.bytes.count
      node.entries.append(.init(start: here, value: here, end: here, child: slot.node))
      node.count += 1
    }
    return slot
  }

  func nestedContainer<NestedKey: CodingKey>(keyedBy keyType: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
    nested().container(keyedBy: keyType)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nested().unkeyedContainer() }

  func superEncoder() -> any Encoder { nested() }
}

/// A single-value container of the canonical form.
struct CanonicalSingle: SingleValueEncodingContainer {
  let writer: CanonicalWriter
  let node: CanonicalNode

  var codingPath: [any CodingKey] { node.codingPath }

  @inline(__always)
  private func write(_ value: (CanonicalNode) -> Void) throws {
    try node.checkLive("a single value")
    node.claim(.single)
    value(node)
  }

  func encodeNil() throws { try write { $0.append(CanonicalTag.null) } }
  func encode(_ value: Bool) throws { try write { $0.append(value) } }
  func encode(_ value: String) throws { try write { $0.append(value) } }
  func encode(_ value: Double) throws { try write { $0.append(CanonicalTag.float64, bits: value.bitPattern) } }
  func encode(_ value: Float) throws { try write { $0.append(CanonicalTag.float32, bits: value.bitPattern) } }
  func encode(_ value: Int) throws { try write { $0.append(integer: value) } }
  func encode(_ value: Int8) throws { try write { $0.append(integer: value) } }
  func encode(_ value: Int16) throws { try write { $0.append(integer: value) } }
  func encode(_ value: Int32) throws { try write { $0.append(integer: value) } }
  func encode(_ value: Int64) throws { try write { $0.append(integer: value) } }
  func encode(_ value: Int128) throws { try write { $0.append(integer: value) } }
  func encode(_ value: UInt) throws { try write { $0.append(integer: value) } }
  func encode(_ value: UInt8) throws { try write { $0.append(integer: value) } }
  func encode(_ value: UInt16) throws { try write { $0.append(integer: value) } }
  func encode(_ value: UInt32) throws { try write { $0.append(integer: value) } }
  func encode(_ value: UInt64) throws { try write { $0.append(integer: value) } }
  func encode(_ value: UInt128) throws { try write { $0.append(integer: value) } }

  func encode<T: Encodable>(_ value: T) throws {
    try node.checkLive(value)
    let mark = node.mark
    let isFirst = node.form == .empty
    node.claim(.single)
    var isWritten = false
    defer {
      if !isWritten {
        node.rollBack(to: mark)
        // The program may write another value instead.
        if isFirst { node.unclaim() }
      }
    }
    try writer.write(value, into: node, key: nil, depth: node.depth + 1)
    isWritten = true
  }
}
