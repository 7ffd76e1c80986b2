/// Bytes being read: where each value that is being decoded begins and ends.
///
/// The bytes are not trusted. Every length is held against what is there before it is believed, nothing is allocated
/// because a count says so, and what doesn't fit is an error with a coding path.
///
/// Used by one thread at a time; that is why no access is checked for exclusivity, as in the writer.
public final class _WireReader {
  /// A value that is being decoded.
  struct Node {
    let start: Int
    let end: Int
    let parent: Int
    let serial: Int
    let depth: Int
    let key: (any CodingKey)?
    let isOptional: Bool
  }

  let bytes: UnsafeRawBufferPointer
  /// Owns the bytes, where nobody else does.
  private let owner: AnyObject?
  /// Where in a larger value these bytes stand.
  private let path: [any CodingKey]
  private let depth: Int
  @exclusivity(unchecked) var nodes = NodeStack<Node>()
  @exclusivity(unchecked) private var nextSerial = 0
  @exclusivity(unchecked) private var traits = TypeTable<TypeTraits>()
  @exclusivity(unchecked) private var keyTypes = TypeTable<ReaderKeys>()
  @exclusivity(unchecked) var shapes: ShapeTable?
  /// Where the last slice of `Data` was put.
  @exclusivity(unchecked) var slices: SliceMemory?
  /// Damage that was met in a call that can't throw; it is thrown when the value's `init(from:)` returns.
  @exclusivity(unchecked) private var mistake: (any Error)?
  /// The stack of the thread that reads.
  @exclusivity(unchecked) private var stack = StackRoom()

  /// - Parameter bytes: must stay as they are while the reader is used.
  package convenience init(_ bytes: UnsafeRawBufferPointer) { self.init(bytes, owner: nil, path: [], depth: 0) }

  init(_ bytes: UnsafeRawBufferPointer, owner: AnyObject?, path: [any CodingKey], depth: Int) {
    self.bytes = bytes
    self.owner = owner
    self.path = path
    self.depth = depth
  }

  /// Whether its bytes are the elements of an array that travelled as memory.
  var isOfMemory: Bool { owner != nil }

  /// Reads a value at the cursor, which moves behind it; where it throws, the cursor stays.
  func read<T: Decodable>(_ type: T.Type, at cursor: inout _WireCursor, key: (any CodingKey)?) throws -> T {
    try read(type, traits(of: type), at: &cursor, key: key)
  }

  @inline(__always)
  func traits(of type: Any.Type) -> TypeTraits { traits.of(type) { TypeTraits(type) }.takeUnretainedValue() }

  @inline(__always)
  func keys<Key: CodingKey>(of type: Key.Type) -> Unmanaged<ReaderKeys> { keyTypes.of(type) { newKeys(of: type) } }

  @inline(never)
  private func newKeys<Key: CodingKey>(of type: Key.Type) -> ReaderKeys {
    let isKept = HandedOut<KeyedReaderCore>.fits(KeyedDecodingContainer<Key>.self)
    return ReaderKeys(bytes: KeyBytes(type), isKept: isKept, copier: Copier<KeyedDecodingContainer<Key>>())
  }

  /// Lets go of the containers that were kept: they hold this reader.
  func forget() {
    keyTypes.removeAll { $0.handedOut.letGo(boxesOwnCores: false) }
    shapes = nil
  }

  /// How many shapes the part has; to be asked before one of them is looked at.
  @inline(__always)
  func shapeCount() throws -> Int { shapes == nil ? try readShapes().count : shapes!.count }

  @inline(never)
  private func readShapes() throws -> ShapeTable {
    let table = try ShapeTable(reader: self)
    shapes = table
    return table
  }

  /// Whether the part's items end here.
  func isEndOfItems(_ offset: Int) -> Bool {
    if offset == bytes.count { return shapes == nil }
    return (try? shapes ?? readShapes())?.start == offset
  }

  func read<T: Decodable>(
    _ type: T.Type, _ traits: TypeTraits, at cursor: inout _WireCursor, key: (any CodingKey)?
  ) throws -> T {
    if let plain = traits.plain {
      if let reason = traits.broken { throw cursor.under(key, cursor.corrupted(reason)) }
      return try read(plain, as: T.self, at: &cursor, key: key)
    }
    let end: Int
    do { end = try cursor.endOfValue() } catch let error as DecodingError { throw cursor.under(key, error) }
    let live = nodes.count
    let node = try open(cursor.offset..<end, parent: cursor.node, key: key, isOptional: traits.isOptional)
    let earlier = mistake
    var isRead = false
    defer {
      // The caller may go on (`try?`).
      if !isRead { mistake = earlier }
      nodes.removeLast(nodes.count - live)
    }
    // An error passes through, as in the writer.
    do {
      let decoder = WireDecoder(reader: self, node: node, serial: nodes[node].serial)
      let value = try stack.isScarce ? decodeElsewhere(type, from: decoder) : T(from: decoder)
      if earlier == nil, let mistake { throw mistake }
      cursor.offset = end
      isRead = true
      return value
    } catch  where earlier == nil && mistake != nil {
      // What failed after a mistake mostly failed because of it.
      throw mistake ?? error
    }
  }

  /// The same with more stack.
  @inline(never)
  private func decodeElsewhere<T: Decodable>(_ type: T.Type, from decoder: WireDecoder) throws -> T {
    let before = stack
    defer { stack = before }
    return try MoreStack.run {
      stack = StackRoom()
      return try T(from: decoder)
    }
  }

  func note(mistake error: any Error) { mistake = mistake ?? error }

  private func read<T>(
    _ plain: any _PlainBytes.Type, as type: T.Type, at cursor: inout _WireCursor, key: (any CodingKey)?
  ) throws -> T {
    var reading = cursor
    // Only an error asks for the key: then a place for it is worth its cost.
    do {
      let value = try withUnsafeTemporaryAllocation(of: T.self, capacity: 1) { place in
        let start = UnsafeMutableRawPointer(place.baseAddress!)
        try plain._read(from: &reading, to: start)
        return start.assumingMemoryBound(to: T.self).move()
      }
      cursor.offset = reading.offset
      return value
    } catch let error as DecodingError {
      throw cursor.under(key, error)
    }
  }

  func open(
    _ range: Range<Int>, parent: Int, key: (any CodingKey)?, isOptional: Bool = false
  ) throws -> Int {
    let depth = (parent < 0 ? depth : nodes[parent].depth) + 1
    nextSerial += 1
    nodes.append(
      Node(
        start: range.lowerBound, end: range.upperBound, parent: parent, serial: nextSerial, depth: depth, key: key,
        isOptional: isOptional))
    guard depth <= deepestNesting, !stack.isUsedUp else {
      let path = codingPath(of: nodes.count - 1)
      nodes.removeLast(1)
      let reason = depth <= deepestNesting ? noStack : "values nest deeper than \(deepestNesting.grouped) levels"
      throw DecodingError.dataCorrupted(.init(codingPath: path, debugDescription: reason))
    }
    return nodes.count - 1
  }

  @inline(__always)
  func isLive(_ node: Int, _ serial: Int) -> Bool { nodes.has(node) && nodes[node].serial == serial }

  func codingPath(of node: Int) -> [any CodingKey] {
    var path: [any CodingKey] = []
    var node = node
    while node >= 0 {
      if let key = nodes[node].key { path.append(key) }
      node = nodes[node].parent
    }
    return self.path + path.reversed()
  }
}

extension DecodingError {
  /// The same error one key deeper, where the first `outer` keys lead to the container of that key.
  func under(_ key: any CodingKey, after outer: Int) -> DecodingError {
    func deeper(_ context: Context) -> Context {
      var path = context.codingPath
      path.insert(key, at: min(outer, path.count))
      return Context(
        codingPath: path, debugDescription: context.debugDescription, underlyingError: context.underlyingError)
    }
    switch self {
    case .typeMismatch(let type, let context): return .typeMismatch(type, deeper(context))
    case .valueNotFound(let type, let context): return .valueNotFound(type, deeper(context))
    case .keyNotFound(let missing, let context): return .keyNotFound(missing, deeper(context))
    case .dataCorrupted(let context): return .dataCorrupted(deeper(context))
    @unknown default: return self
    }
  }
}
