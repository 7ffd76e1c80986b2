/// A keyed container of the canonical form.
struct CanonicalKeyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let writer: CanonicalWriter
  let node: CanonicalNode

  var codingPath: [any CodingKey] { node.codingPath }

  @inline(__always)
  private func write(_ key: Key, _ value: (CanonicalNode) -> Void) throws {
    try node.checkLive(key.stringValue)
    let start = node.bytes.count
    node.append(key: key)
    let end = node.bytes.count
    value(node)
    node.entries.append(.init(start: start, value: end, end: node.bytes.count))
  }

  func encodeNil(forKey key: Key) throws { try write(key) { $0.append(CanonicalTag.null) } }
  func encode(_ value: Bool, forKey key: Key) throws { try write(key) { $0.append(value) } }
  func encode(_ value: String, forKey key: Key) throws { try write(key) { $0.append(value) } }
  func encode(_ value: Double, forKey key: Key) throws {
    try write(key) { $0.append(CanonicalTag.float64, bits: value.bitPattern) }
  }
  func encode(_ value: Float, forKey key: Key) throws {
    try write(key) { $0.append(CanonicalTag.float32, bits: value.bitPattern) }
  }
  func encode(_ value: Int, forKey key: Key) throws { try write(key) { $0.append(integer: value) } }
  func encode(_ value: Int8, forKey key: Key) throws { try write(key) { $0.append(integer: value) } }
  func encode(_ value: Int16, forKey key: Key) throws { try write(key) { $0.append(integer: value) } }
  func encode(_ value: Int32, forKey key: Key) throws { try write(key) { $0.append(integer: value) } }
  func encode(_ value: Int64, forKey key: Key) throws { try write(key) { $0.append(integer: value) } }
  func encode(_ value: Int128, forKey key: Key) throws { try write(key) { $0.append(integer: value) } }
  func encode(_ value: UInt, forKey key: Key) throws { try write(key) { $0.append(integer: value) } }
  func encode(_ value: UInt8, forKey key: Key) throws { try write(key) { $0.append(integer: value) } }
  func encode(_ value: UInt16, forKey key: Key) throws { try write(key) { $0.append(integer: value) } }
  func encode(_ value: UInt32, forKey key: Key) throws { try write(key) { $0.append(integer: value) } }
  func encode(_ value: UInt64, forKey key: Key) throws { try write(key) { $0.append(integer: value) } }
  func encode(_ value: UInt128, forKey key: Key) throws { try write(key) { $0.append(integer: value) } }

  func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
    try node.checkLive(key.stringValue)
    let mark = node.mark
    node.append(key: key)
    let start = node.bytes.count
    var isWritten = false
    defer { if !isWritten { node.rollBack(to: mark) } }
    try writer.write(value, into: node, key: key, depth: node.depth + 1)
    isWritten = true
    node.entries.append(.init(start: mark.bytes, value: start, end: node.bytes.count))
  }

  private func nested(_ key: some CodingKey) -> CanonicalEncoder {
    let slot = CanonicalEncoder(writer: writer, node: node).slot(key: key)
    if slot.node.isLive {
      let start = node.bytes.count
      node.append(key: key)
      let end = node.bytes.count
      node.entries.append(.init(start: start, value: end, end: end, child: slot.node))
    }
    return slot
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type, forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> {
    nested(key).container(keyedBy: keyType)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { nested(key).unkeyedContainer() }

  func superEncoder() -> any Encoder { nested(SuperKey()) }

  func superEncoder(forKey key: Key) -> any Encoder { nested(key) }
}
