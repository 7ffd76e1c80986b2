/// Decodes values from bytes.
///
/// The bytes are not trusted. Every length is checked against the remaining bytes, no memory is allocated for an
/// unchecked count, and invalid bytes are an error with a coding path.
///
/// Used by one thread at a time, so accesses are not checked for exclusivity, as in `WireWriter`.
package final class WireReader {
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
  /// The owner of the bytes, if the reader has to retain it.
  private let owner: AnyObject?
  /// The coding path to these bytes in a larger value.
  private let path: [any CodingKey]
  private let depth: Int
  @exclusivity(unchecked) var nodes = NodeStack<Node>()
  @exclusivity(unchecked) private var nextSerial = 0
  @exclusivity(unchecked) private var traits = TypeTable<TypeTraits>()
  @exclusivity(unchecked) private var keyTypes = TypeTable<ReaderKeys>()
  @exclusivity(unchecked) var shapes: ShapeTable?
  /// The memory of the last slice of `Data`.
  @exclusivity(unchecked) var slices: SliceMemory?
  /// The first error in a call that can't throw. Thrown at the end of the value's `init(from:)`.
  @exclusivity(unchecked) private var pendingError: (any Error)?
  /// The stack of the thread that reads.
  @exclusivity(unchecked) private var stack = StackSpace()

  /// - Parameter bytes: must not change while the reader is in use.
  package convenience init(_ bytes: UnsafeRawBufferPointer) { self.init(bytes, owner: nil, path: [], depth: 0) }

  init(_ bytes: UnsafeRawBufferPointer, owner: AnyObject?, path: [any CodingKey], depth: Int) {
    self.bytes = bytes
    self.owner = owner
    self.path = path
    self.depth = depth
  }

  /// Whether the bytes are the elements of an array that was sent as memory.
  var isOfMemory: Bool { owner != nil }

  /// Reads the value at the cursor, and moves the cursor after it. On an error, the cursor does not move.
  func read<T: Decodable>(_ type: T.Type, at cursor: inout _WireCursor, key: (any CodingKey)?) throws -> T {
    try read(type, traits(of: type), at: &cursor, key: key)
  }

  @inline(__always)
  func traits(of type: Any.Type) -> TypeTraits { traits.of(type) { TypeTraits(type) }.takeUnretainedValue() }

  @inline(__always)
  func keys<Key: CodingKey>(of type: Key.Type) -> Unmanaged<ReaderKeys> { keyTypes.of(type) { newKeys(of: type) } }

  @inline(never)
  private func newKeys<Key: CodingKey>(of type: Key.Type) -> ReaderKeys {
    let isPoolable = ContainerPool<KeyedReaderCore>.fits(KeyedDecodingContainer<Key>.self)
    return ReaderKeys(width: KeyWidth(type), isPoolable: isPoolable, copier: Copier<KeyedDecodingContainer<Key>>())
  }

  /// Releases the pooled containers, which retain this reader.
  func releaseContainers() {
    keyTypes.removeAll { $0.containers.releaseAll(boxesOwnCores: false) }
    shapes = nil
  }

  /// Returns the number of the part's shapes. Reads their table in the first call, so call it before using `shapes`.
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
      if let reason = traits.invalidReason { throw cursor.under(key, cursor.corrupted(reason)) }
      return try read(plain, as: T.self, at: &cursor, key: key)
    }
    let end: Int
    do { end = try cursor.endOfValue() } catch let error as DecodingError { throw cursor.under(key, error) }
    let live = nodes.count
    let node = try open(cursor.offset..<end, parent: cursor.node, key: key, isOptional: traits.isOptional)
    let earlier = pendingError
    var isRead = false
    defer {
      // The caller may continue (`try?`).
      if !isRead { pendingError = earlier }
      nodes.removeLast(nodes.count - live)
    }
    // Other errors pass without a rethrow, as in the writer.
    do {
      let decoder = WireDecoder(reader: self, node: node, serial: nodes[node].serial)
      let value = try stack.isScarce ? decodeOnExtraStack(type, from: decoder) : T(from: decoder)
      if earlier == nil, let pendingError { throw pendingError }
      cursor.offset = end
      isRead = true
      return value
    } catch  where earlier == nil && pendingError != nil {
      // An error after a recorded one is usually a consequence of it.
      throw pendingError ?? error
    }
  }

  /// Decodes the value on an extra stack.
  @inline(never)
  private func decodeOnExtraStack<T: Decodable>(_ type: T.Type, from decoder: WireDecoder) throws -> T {
    let before = stack
    defer { stack = before }
    return try ExtraStack.run {
      stack = StackSpace()
      return try T(from: decoder)
    }
  }

  func record(_ error: any Error) { pendingError = pendingError ?? error }

  private func read<T>(
    _ plain: any _PlainBytes.Type, as type: T.Type, at cursor: inout _WireCursor, key: (any CodingKey)?
  ) throws -> T {
    var reading = cursor
    // No node for the value: the key is needed only for errors.
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
    guard depth <= maxNestingDepth, !stack.isExhausted else {
      let path = codingPath(of: nodes.count - 1)
      nodes.removeLast(1)
      let reason =
        depth <= maxNestingDepth ? noStackMessage : "values nest deeper than \(maxNestingDepth.grouped) levels"
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
  /// Returns the error with a key inserted into its coding path, after the first `outer` keys.
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
