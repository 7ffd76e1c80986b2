/// The state of a keyed container: the value that it reads, and the position of the next search.
///
/// A search for a key starts after the last key found, so a type that decodes in the order in which it encoded finds
/// each key immediately.
final class KeyedReaderCore {
  let reader: WireReader
  let keys: ReaderKeys
  let width: KeyWidth
  /// The current position. Stored outside this object to avoid reference counting for each value.
  let next: UnsafeMutablePointer<NextValue>
  private var node: Int { next.pointee.node }
  private var serial: Int { next.pointee.serial }
  /// The offset of the container's content.
  @exclusivity(unchecked) private var start = 0
  /// −1 for a container that stores its keys next to the values.
  @exclusivity(unchecked) private(set) var shape = -1
  /// The offset of each key's last value, for a container with duplicate keys.
  @exclusivity(unchecked) private var lastValues: [[UInt8]: Int]?

  init(reader: WireReader, keys: ReaderKeys) {
    self.reader = reader
    self.keys = keys
    width = keys.width
    next = .allocate(capacity: 1)
    next.initialize(to: NextValue(keyWidth: keys.width, bytes: reader.bytes, nodes: reader.nodes.storage))
  }

  deinit { next.deallocate() }

  var place: WireDecoder { WireDecoder(reader: reader, node: node, serial: serial) }

  /// Starts to read the container of a value.
  func open(_ place: WireDecoder) throws {
    // Reset first, so that an error leaves no state of an earlier container.
    next.pointee.node = -1
    lastValues = nil
    var cursor = try place.cursor()
    let tag = try cursor.readTag()
    shape = -1
    next.pointee.table = .none
    let content: Range<Int>
    switch tag {
    case Tag.shaped:
      let number = try cursor.readShape()
      content = try cursor.readContainer()
      guard number < (try reader.shapeCount()) else { throw cursor.corrupted("there is no shape \(number)") }
      shape = number
      if width != .none { next.pointee.table = keys.table(of: number) }
    case Tag.keyed, Tag.keyedWithDuplicates: content = try cursor.readContainer()
    case Tag.empty: content = cursor.offset..<cursor.offset
    default: throw cursor.mismatch([String: Any].self, tag)
    }
    start = content.lowerBound
    next.pointee.end = content.upperBound
    next.pointee.offset = start
    next.pointee.position = 0
    if tag == Tag.keyedWithDuplicates {
      let entries = _WireCursor(reader: reader, node: place.node, offset: start, limit: content.upperBound)
      lastValues = try findLastValues(entries)
    }
    next.pointee.node = place.node
    next.pointee.serial = place.serial
  }

  private func findLastValues(_ entries: _WireCursor) throws -> [[UInt8]: Int] {
    var cursor = entries
    var lastValues: [[UInt8]: Int] = [:]
    while let (name, value) = try cursor.readEntry() { lastValues[Array(name)] = value }
    return lastValues
  }

  /// Returns a cursor at the position of the next search.
  func cursor() throws -> _WireCursor {
    try place.checkLive()
    return _WireCursor(reader: reader, node: node, offset: next.pointee.offset, limit: next.pointee.end)
  }

  /// Returns a cursor at the value of a key, or nil if there is none.
  ///
  /// - Parameter byte: the key's byte, if its type has a `KeyWidth` other than `none`.
  func find(_ key: some CodingKey, _ byte: UInt8?) throws -> _WireCursor? {
    let cursor = try cursor()
    if shape >= 0 { return try findShaped(key, byte, cursor) }
    return try findNamed(key, cursor)
  }

  private func findShaped(_ key: some CodingKey, _ byte: UInt8?, _ cursor: _WireCursor) throws -> _WireCursor? {
    var cursor = cursor
    let wanted: ReaderKeys.Position
    if let byte {
      let table = keys.table(of: shape, for: byte)
      if table.positions[Int(byte)] == ReaderKeys.unknown { table.positions[Int(byte)] = findPosition(of: key) }
      next.pointee.table = table
      wanted = table.positions[Int(byte)]
    } else {
      wanted = findPosition(of: key)
    }
    if wanted == ReaderKeys.absent { return nil }
    if wanted < next.pointee.position {
      next.pointee.offset = start
      next.pointee.position = 0
    }
    cursor.offset = next.pointee.offset
    while next.pointee.position < wanted {
      cursor.offset = try cursor.endOfValue()
      next.pointee.advance(to: cursor.offset)
    }
    return cursor
  }

  private func findPosition(of key: some CodingKey) -> ReaderKeys.Position {
    var name = key.stringValue
    let found = name.withUTF8 { reader.shapes?.position(of: UnsafeRawBufferPointer($0), in: shape) }
    return found.map { ReaderKeys.Position($0) } ?? ReaderKeys.absent
  }

  private func findNamed(_ key: some CodingKey, _ cursor: _WireCursor) throws -> _WireCursor? {
    var cursor = cursor
    var name = key.stringValue
    if let lastValues {
      guard let value = lastValues[Array(name.utf8)] else { return nil }
      cursor.offset = value
      return cursor
    }
    let next = next.pointee.offset
    let found = try name.withUTF8 { wanted -> Int? in
      func search(from start: Int, to end: Int) throws -> Int? {
        cursor.offset = start
        while cursor.offset < end, let (name, value) = try cursor.readEntry() {
          if name.elementsEqual(wanted) { return value }
        }
        return nil
      }
      return try search(from: next, to: cursor.limit) ?? search(from: start, to: next)
    }
    guard let found else { return nil }
    cursor.offset = found
    return cursor
  }

  /// Calls the body with the name of each key, once per key.
  func names(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var cursor = try cursor()
    if shape >= 0 {
      for position in 0..<(reader.shapes?.keyCount(of: shape) ?? 0) {
        guard let name = reader.shapes?.name(position, of: shape) else { return }
        if reader.shapes?.position(of: name, in: shape) == position { try body(name) }
      }
      return
    }
    cursor.offset = start
    while let (name, value) = try cursor.readEntry() {
      if let lastValues, lastValues[Array(name)] != value { continue }
      try body(name)
    }
  }
}
