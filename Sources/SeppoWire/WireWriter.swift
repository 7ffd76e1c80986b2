/// Bytes being written: one flat buffer that values are appended to, and the containers that are open in it.
///
/// Codable lets a program write into several containers in turns. Nearly none does, so the containers on the way from
/// the root to the one written last are open, and a write to any of them is an append (what lies below it is closed,
/// and its length noted). A write to a container that was closed opens a gap at that container's end.
///
/// Used by one thread at a time.
public final class _WireWriter {
  /// A value that can still be written into: its tag's place, and what was found out about it.
  struct Node {
    enum Form { case empty, single, keyed, unkeyed }

    var tag: Int
    /// Past the last byte; only kept while closed, otherwise the buffer's end.
    var end: Int
    let parent: Int
    let serial: Int
    let depth: Int
    let key: (any CodingKey)?
    let isOptional: Bool
    var form = Form.empty
    var isClosed = false
    /// Values written into an unkeyed container.
    var count = 0
    /// Keys written into a keyed container.
    var keys = KeysSeen()
  }

  static let alignment = 64

  private(set) var memory: UnsafeMutableRawBufferPointer
  package private(set) var count = 0
  private(set) var nodes: [Node] = []
  private var top = -1
  private var nextSerial = 0
  private var traits = TypeTraitsCache()
  /// A mistake in a call that can't throw; it is thrown when the value's `encode(to:)` returns.
  private var mistake: EncodingError?

  package init(capacity: Int = 256) {
    memory = .allocate(byteCount: max(capacity, _WireWriter.alignment), alignment: _WireWriter.alignment)
  }

  deinit { memory.deallocate() }

  /// What has been written. Valid until the next write.
  package var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: memory[..<count]) }

  /// Makes room for so many more bytes at once.
  package func reserve(_ bytes: Int) {
    guard count + bytes > memory.count else { return }
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(count + bytes, memory.count * 2), alignment: _WireWriter.alignment)
    larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
    memory.deallocate()
    memory = larger
  }

  /// Appends bytes that are no value: a header, or parts written elsewhere. Their content is the caller's to set.
  package func append(uninitialized bytes: Int) -> UnsafeMutableRawBufferPointer {
    reserve(bytes)
    defer { count += bytes }
    return UnsafeMutableRawBufferPointer(rebasing: memory[count..<(count + bytes)])
  }

  package func append(_ bytes: UnsafeRawBufferPointer) { append(uninitialized: bytes.count).copyMemory(from: bytes) }

  /// Takes back what was written past `count`.
  package func truncate(to count: Int) {
    precondition(count <= self.count, "only what was written can be taken back")
    self.count = count
  }

  func traits(of type: Any.Type) -> TypeTraits { traits.of(type) }

  /// Writes one whole item, or nothing of it.
  func writeItem<T: Encodable>(_ item: T) throws {
    nodes.removeAll(keepingCapacity: true)
    mistake = nil
    top = -1
    try write(item, to: .end, key: nil)
  }

  /// Where a value goes.
  enum Target {
    /// To the buffer's end, as an item.
    case end
    /// Into a container, after what it holds.
    case container(Int)
    /// Into a place that was made for it, whose tag is still empty.
    case slot(Int)
  }

  /// Writes a value through its own wire form, or through its `encode(to:)`.
  func write<T: Encodable>(_ value: T, to target: Target, key: (any CodingKey)?) throws {
    let traits = traits(of: T.self)
    if let plain = traits.plain {
      withUnsafePointer(to: value) { plain._write(UnsafeRawPointer($0), to: _WireTarget(writer: self, target: target)) }
      return
    }
    if traits.isClass, type(of: value) != T.self {
      throw invalid(
        value, at: target, key: key,
        """
        the value is of the class \(String(describing: type(of: value))), but \(String(describing: T.self)) was \
        declared: what the subclass adds would be lost on the way. Declare the subclass, or use an enum or a struct
        """)
    }
    let liveNodes = nodes.count
    let earlier = mistake
    let node = try openSlot(in: target, key: key, isOptional: traits.isOptional, for: value)
    defer {
      while top >= liveNodes { closeTop() }
      nodes.removeLast(nodes.count - liveNodes)
    }
    do {
      try value.encode(to: WireEncoder(writer: self, node: node, serial: nodes[node].serial))
      if earlier == nil, let mistake { throw mistake }
    } catch {
      takeBack(node, from: target)
      // What failed after a mistake mostly failed because of it.
      let cause: any Error = earlier == nil ? mistake ?? error : error
      mistake = earlier
      throw cause
    }
  }

  /// Takes back what a value wrote before it failed: a program may go on without it (`try?`).
  private func takeBack(_ node: Int, from target: Target) {
    var start = nodes[node].tag
    nodes[node].form = .empty
    if case .slot(let slot) = target {
      nodes[slot].form = .empty
      memory[start] = Tag.empty
      start += 1
    }
    takeBack(last: end(of: node) - start, of: node)
  }

  /// Takes back the last bytes of what a node holds.
  func takeBack(last bytes: Int, of node: Int) {
    let end = end(of: node)
    if nodes[node].isClosed { shift(from: end, by: -bytes, around: node) } else { count -= bytes }
  }

  func isLive(_ node: Int, _ serial: Int) -> Bool { nodes.indices.contains(node) && nodes[node].serial == serial }

  func note(mistake error: EncodingError) { mistake = mistake ?? error }

  func codingPath(of node: Int) -> [any CodingKey] {
    var path: [any CodingKey] = []
    var node = node
    while node >= 0 {
      if let key = nodes[node].key { path.append(key) }
      node = nodes[node].parent
    }
    return path.reversed()
  }

  func codingPath(of target: Target, key: (any CodingKey)?) -> [any CodingKey] {
    let path: [any CodingKey] =
      switch target {
      case .end: []
      case .container(let node), .slot(let node): codingPath(of: node)
      }
    return key.map { path + [$0] } ?? path
  }

  func invalid(_ value: Any, at target: Target, key: (any CodingKey)?, _ reason: String) -> EncodingError {
    .invalidValue(value, .init(codingPath: codingPath(of: target, key: key), debugDescription: reason))
  }

  /// Makes a place for a value: a tag that says that nothing was written yet.
  func openSlot(in target: Target, key: (any CodingKey)?, isOptional: Bool = false, for value: Any) throws -> Int {
    let parent =
      switch target {
      case .end: -1
      case .container(let node), .slot(let node): node
      }
    let depth = parent < 0 ? 1 : nodes[parent].depth + 1
    guard depth <= deepestNesting else {
      throw invalid(
        value, at: target, key: key, "values nest deeper than \(deepestNesting) levels, as in a cycle of references")
    }
    let tag: Int
    switch target {
    case .end:
      tag = count
      append(uninitialized: 1)[0] = Tag.empty
    case .container(let container):
      tag = place(1, in: container)
      memory[tag] = Tag.empty
    case .slot(let slot):
      tag = nodes[slot].tag
      if !nodes[slot].isClosed { raise(slot) }
      claim(slot)
    }
    let isClosed = parent >= 0 && nodes[parent].isClosed
    nextSerial += 1
    nodes.append(
      Node(
        tag: tag, end: tag + 1, parent: parent, serial: nextSerial, depth: depth, key: key, isOptional: isOptional,
        isClosed: isClosed))
    if !isClosed { top = nodes.count - 1 }
    return nodes.count - 1
  }

  /// A place takes one single value.
  func claim(_ slot: Int) {
    if nodes[slot].form != .empty {
      note(mistake: invalid(nodes[slot].form, at: .slot(slot), key: nil, "a value wrote itself more than once"))
    }
    nodes[slot].form = .single
  }

  /// Makes a container of a place, or gives the one that is there.
  func openContainer(_ form: Node.Form, on node: Int) {
    switch nodes[node].form {
    case .empty:
      nodes[node].form = form
      memory[nodes[node].tag] = form == .keyed ? Tag.keyed : Tag.unkeyed
      let length = place(Tag.lengthBytes, in: node)
      for index in 0..<Tag.lengthBytes { memory[length + index] = 0 }
      noteLength(of: node)
    case form: break
    default:
      note(mistake: invalid(form, at: .slot(node), key: nil, "a value opened containers of two different kinds"))
    }
  }

  /// The container that stands under this key, if it can still be written into.
  func container(under key: any CodingKey, in parent: Int, form: Node.Form) -> Int? {
    // A type may open thousands: only for a key that was written are they looked through.
    var name = key.stringValue
    let hash = name.withUTF8 { KeysSeen.hash(UnsafeRawBufferPointer($0)) }
    guard nodes[parent].keys.mayContain(hash) else { return nil }
    return nodes.indices.last {
      nodes[$0].parent == parent && nodes[$0].form == form && nodes[$0].key?.stringValue == key.stringValue
    }
  }

  func noteElement(in node: Int) { nodes[node].count += 1 }

  /// Says in the tag of a keyed container if it is given a key a second time.
  func noteKey(_ name: UnsafeRawBufferPointer, in node: Int) {
    let hash = KeysSeen.hash(name)
    if nodes[node].keys.insert(hash) { return }
    // Taken out of the node, which `keyHashes` looks at; not copied, since it can be large.
    var keys = KeysSeen()
    swap(&keys, &nodes[node].keys)
    let isKnown = keys.settle(hash) { keyHashes(of: node) }
    swap(&keys, &nodes[node].keys)
    if isKnown { memory[nodes[node].tag] = Tag.keyedAgain }
  }

  private func keyHashes(of node: Int) -> [UInt64] {
    let end = end(of: node)
    let reader = _WireReader(UnsafeRawBufferPointer(memory))
    let start = nodes[node].tag + 1 + Tag.lengthBytes
    var cursor = _WireCursor(reader: reader, node: -1, offset: start, limit: end)
    var hashes: [UInt64] = []
    while let (name, _) = try? cursor.readEntry() { hashes.append(KeysSeen.hash(name)) }
    return hashes
  }

  /// Makes room at the end of what a node holds, and gives the offset.
  func place(_ bytes: Int, in node: Int) -> Int {
    if nodes[node].isClosed { return placeInGap(bytes, in: node) }
    raise(node)
    reserve(bytes)
    defer { count += bytes }
    return count
  }

  /// Puts `Tag.some` before the value that begins at `start` and is the last one in `node`, if it needs one.
  func markSome(at start: Int, in node: Int) {
    guard memory[start] == Tag.null || memory[start] == Tag.some else { return }
    let end = place(1, in: node)
    let from = UnsafeRawBufferPointer(rebasing: memory[start..<end])
    UnsafeMutableRawBufferPointer(rebasing: memory[(start + 1)..<(end + 1)]).copyMemory(from: from)
    memory[start] = Tag.some
  }

  /// The offset at which the next value in `node` will begin.
  func end(of node: Int) -> Int {
    if nodes[node].isClosed { return nodes[node].end }
    raise(node)
    return count
  }

  /// Closes what lies below an open node.
  private func raise(_ node: Int) { while top != node { closeTop() } }

  private func closeTop() {
    nodes[top].end = count
    nodes[top].isClosed = true
    noteLength(of: top)
    top = nodes[top].parent
  }

  private func noteLength(of node: Int) {
    guard nodes[node].form == .keyed || nodes[node].form == .unkeyed else { return }
    let start = nodes[node].tag + 1
    var length = nodes[node].end - start - Tag.lengthBytes
    for index in 0..<Tag.lengthBytes {
      memory[start + index] = UInt8(truncatingIfNeeded: length)
      length >>= 8
    }
  }

  private func placeInGap(_ bytes: Int, in node: Int) -> Int {
    let gap = nodes[node].end
    reserve(bytes)
    shift(from: gap, by: bytes, around: node)
    return gap
  }

  /// Moves what stands behind the end of what a node holds, and with it that end.
  private func shift(from end: Int, by bytes: Int, around node: Int) {
    let behind = UnsafeRawBufferPointer(rebasing: memory[end..<count])
    UnsafeMutableRawBufferPointer(rebasing: memory[(end + bytes)..<(count + bytes)]).copyMemory(from: behind)
    count += bytes
    var holder = node
    var holders: Set<Int> = []
    while holder >= 0 {
      holders.insert(holder)
      holder = nodes[holder].parent
    }
    for index in nodes.indices {
      if holders.contains(index) {
        if nodes[index].isClosed { nodes[index].end += bytes }
      } else if nodes[index].tag >= end {
        nodes[index].tag += bytes
        nodes[index].end += bytes
      }
    }
    // An open holder's length is noted when it closes.
    for index in holders where nodes[index].isClosed { noteLength(of: index) }
  }
}
