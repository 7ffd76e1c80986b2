/// Bytes being read: where each value that is being decoded begins and ends.
///
/// The bytes are not trusted. Every length is held against what is there before it is believed, nothing is allocated
/// because a count says so, and what doesn't fit is an error with a coding path.
///
/// Used by one thread at a time.
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
    /// Where the last look-up in a keyed container ended: the next key is mostly the next one.
    var cursor = 0
  }

  let bytes: UnsafeRawBufferPointer
  private(set) var nodes: [Node] = []
  private var nextSerial = 0
  private var traits = TypeTraitsCache()
  /// Damage that was met in a call that can't throw; it is thrown when the value's `init(from:)` returns.
  private var mistake: (any Error)?

  /// - Parameter bytes: must stay as they are while the reader is used.
  package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Reads a value at the cursor, which moves behind it; where it throws, the cursor stays.
  func read<T: Decodable>(_ type: T.Type, at cursor: inout _WireCursor, key: (any CodingKey)?) throws -> T {
    let traits = traits.of(T.self)
    if let plain = traits.plain { return try read(plain, as: T.self, at: &cursor, key: key) }
    let end = try cursor.endOfValue()
    let live = nodes.count
    let node = try open(cursor.offset..<end, parent: cursor.node, key: key, isOptional: traits.isOptional)
    defer { nodes.removeLast(nodes.count - live) }
    let earlier = mistake
    do {
      let value = try T(from: WireDecoder(reader: self, node: node, serial: nodes[node].serial))
      if earlier == nil, let mistake { throw mistake }
      cursor.offset = end
      return value
    } catch {
      // What failed after a mistake mostly failed because of it; and the caller may go on (`try?`).
      let cause = earlier == nil ? mistake ?? error : error
      mistake = earlier
      throw cause
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
      throw key.map { error.under($0) } ?? error
    }
  }

  func open(_ range: Range<Int>, parent: Int, key: (any CodingKey)?, isOptional: Bool) throws -> Int {
    let depth = parent < 0 ? 1 : nodes[parent].depth + 1
    nextSerial += 1
    nodes.append(
      Node(
        start: range.lowerBound, end: range.upperBound, parent: parent, serial: nextSerial, depth: depth, key: key,
        isOptional: isOptional))
    guard depth <= deepestNesting else {
      let path = codingPath(of: nodes.count - 1)
      nodes.removeLast()
      throw DecodingError.dataCorrupted(
        .init(codingPath: path, debugDescription: "values nest deeper than \(deepestNesting) levels"))
    }
    return nodes.count - 1
  }

  func isLive(_ node: Int, _ serial: Int) -> Bool { nodes.indices.contains(node) && nodes[node].serial == serial }

  func setCursor(_ offset: Int, of node: Int) { nodes[node].cursor = offset }

  func codingPath(of node: Int) -> [any CodingKey] {
    var path: [any CodingKey] = []
    var node = node
    while node >= 0 {
      if let key = nodes[node].key { path.append(key) }
      node = nodes[node].parent
    }
    return path.reversed()
  }
}

extension DecodingError {
  /// The same error one key deeper.
  func under(_ key: any CodingKey) -> DecodingError {
    func deeper(_ context: Context) -> Context {
      Context(
        codingPath: context.codingPath + [key], debugDescription: context.debugDescription,
        underlyingError: context.underlyingError)
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
