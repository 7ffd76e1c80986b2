/// What a keyed container is made of: the place that it reads, and where in it the next value is looked for.
///
/// Keys are looked for from where the last one was found, so that a type that reads in the order in which it wrote finds
/// each at once.
final class KeyedReaderCore {
  let reader: _WireReader
  let keys: ReaderKeys
  let bytes: KeyBytes
  /// Where the reading stands. Not in this object, so that no reference is counted for each value.
  let next: UnsafeMutablePointer<NextValue>
  private var node: Int { next.pointee.node }
  private var serial: Int { next.pointee.serial }
  /// Where the container's content begins.
  @exclusivity(unchecked) private var start = 0
  /// −1 for a container with keys beside its values.
  @exclusivity(unchecked) private(set) var shape = -1
  /// Where the last value of each key is, for a container in which a key stands more than once.
  @exclusivity(unchecked) private var lastValues: [[UInt8]: Int]?

  init(reader: _WireReader, keys: ReaderKeys) {
    self.reader = reader
    self.keys = keys
    bytes = keys.bytes
    next = .allocate(capacity: 1)
    next.initialize(to: NextValue(keyBytes: keys.bytes, bytes: reader.bytes, nodes: reader.nodes.storage))
  }

  deinit { next.deallocate() }

  var place: WireDecoder { WireDecoder(reader: reader, node: node, serial: serial) }

  /// Begins to read the container of this value.
  func open(_ place: WireDecoder) throws {
    // Nothing of an earlier value's container is left, whatever is thrown.
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
      if bytes != .none { next.pointee.table = keys.table(of: number) }
    case Tag.keyed, Tag.keyedAgain: content = try cursor.readContainer()
    case Tag.empty: content = cursor.offset..<cursor.offset
    default: throw cursor.mismatch([String: Any].self, tag)
    }
    start = content.lowerBound
    next.pointee.end = content.upperBound
    next.pointee.offset = start
    next.pointee.position = 0
    if tag == Tag.keyedAgain {
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

  /// From where the next value is looked for.
  func cursor() throws -> _WireCursor {
    try place.checkLive()
    return _WireCursor(reader: reader, node: node, offset: next.pointee.offset, limit: next.pointee.end)
  }

  /// At the value under this key, if there is one.
  ///
  /// - Parameter byte: of a key that a byte stands for.
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
      if table.positions[Int(byte)] == ReaderKeys.unknown { table.positions[Int(byte)] = look(for: key) }
      next.pointee.table = table
      wanted = table.positions[Int(byte)]
    } else {
      wanted = look(for: key)
    }
    if wanted == ReaderKeys.absent { return nil }
    if wanted < next.pointee.position {
      next.pointee.offset = start
      next.pointee.position = 0
    }
    cursor.offset = next.pointee.offset
    while next.pointee.position < wanted {
      cursor.offset = try cursor.endOfValue()
      next.pointee.moveOn(to: cursor.offset)
    }
    return cursor
  }

  private func look(for key: some CodingKey) -> ReaderKeys.Position {
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

  /// The names of the keys, each once.
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
