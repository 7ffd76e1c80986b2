/// Bytes being written: one flat buffer that values are appended to, and the containers that are open in it.
///
/// Codable lets a program write into several containers in turns. Nearly none does, so the containers on the way from
/// the root to the one written last are open, and a write to any of them is an append (what lies below it is closed,
/// and its length noted). A write to a container that was closed opens a gap at that container's end.
///
/// Used by one thread at a time; that is why no access is checked for exclusivity, which would double the time that a
/// number takes. No method hands out a reference to a property that another one could change meanwhile.
public final class _WireWriter {
  static let alignment = 64
  /// Room that is always there behind what was written, so that a number is written without asking twice.
  static let slack = 32

  @exclusivity(unchecked) private(set) var memory: UnsafeMutableRawBufferPointer
  @exclusivity(unchecked) package internal(set) var count = 0
  @exclusivity(unchecked) var nodes = NodeStack<WriterNode>()
  /// The node that was opened last and is still open.
  @exclusivity(unchecked) private(set) var top = -1
  @exclusivity(unchecked) private var nextSerial = 0
  @exclusivity(unchecked) private var traits = TypeTable<TypeTraits>()
  @exclusivity(unchecked) private var keyTypes = TypeTable<WriterKeys>()
  @exclusivity(unchecked) private var keyTypeCount: UInt64 = 0
  @exclusivity(unchecked) var shapes = ShapeTrie()
  /// A mistake in a call that can't throw; it is thrown when the value's `encode(to:)` returns.
  @exclusivity(unchecked) private var mistake: (any Error)?
  /// The stack of the thread that writes.
  @exclusivity(unchecked) var stack = StackRoom.none
  private let deepest: Int

  /// - Parameter deepest: how deep values may nest.
  package init(capacity: Int = 256, deepest: Int = deepestNesting) {
    self.deepest = deepest
    memory = .allocate(byteCount: max(capacity, 1) + _WireWriter.slack, alignment: _WireWriter.alignment)
  }

  deinit { memory.deallocate() }

  /// What has been written. Valid until the next write.
  package var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: memory[..<count]) }

  /// Makes room for so many more bytes at once.
  @inline(__always)
  package func reserve(_ bytes: Int) {
    if count + bytes + _WireWriter.slack > memory.count { grow(bytes) }
  }

  @inline(never)
  private func grow(_ bytes: Int) {
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(count + bytes + _WireWriter.slack, memory.count * 2), alignment: _WireWriter.alignment)
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

  @inline(__always)
  func traits(of type: Any.Type) -> TypeTraits { traits.of(type) { TypeTraits(type) }.takeUnretainedValue() }

  @inline(__always)
  func keys<Key: CodingKey>(of type: Key.Type) -> Unmanaged<WriterKeys> { keyTypes.of(type) { newKeys(of: type) } }

  @inline(never)
  private func newKeys<Key: CodingKey>(of type: Key.Type) -> WriterKeys {
    keyTypeCount += 1
    let isKept = HandedOut<KeyedWriterCore>.fits(KeyedEncodingContainer<Key>.self)
    let copier = Copier<KeyedEncodingContainer<Key>>()
    return WriterKeys(
      bytes: KeyBytes(type), label: keyTypeCount << 8, root: shapes.root(), isKept: isKept, copier: copier)
  }

  /// Writes one whole item, or nothing of it.
  func writeItem<T: Encodable>(_ item: UnsafePointer<T>, _ traits: TypeTraits) throws {
    nodes.removeLast(nodes.count)
    mistake = nil
    top = -1
    try write(item, traits, to: .end, key: nil)
  }

  /// Ends a part: behind its items goes the table of the shapes that their containers have.
  func endPart() {
    if !shapes.isEmpty {
      let start = count
      append(uninitialized: 1)[0] = Tag.shapes
      shapes.write(to: self)
      let length = append(uninitialized: Tag.lengthBytes)
      store(length: count - start - Tag.lengthBytes, at: count - length.count)
    }
    forget()
  }

  /// Lets go of the containers that were kept: they hold this writer.
  func forget() {
    keyTypes.removeAll { $0.handedOut.letGo(boxesOwnCores: true) }
    shapes.removeAll()
  }

  func append(length: Int) {
    var offset = count
    _ = append(uninitialized: VariableLength.bytes(of: length))
    VariableLength.write(length, to: memory, at: &offset)
  }

  func write<T: Encodable>(_ value: T, to target: Target, key: (any CodingKey)?) throws {
    let traits = traits(of: T.self)
    try withUnsafePointer(to: value) { try write($0, traits, to: target, key: key) }
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
  func write<T: Encodable>(
    _ value: UnsafePointer<T>, _ traits: TypeTraits, to target: Target, key: (any CodingKey)?
  ) throws {
    if let plain = traits.plain {
      if let reason = traits.broken { throw invalid(value.pointee, at: target, key: key, reason) }
      plain._write(UnsafeRawPointer(value), to: _WireTarget(writer: self, target: target))
      return
    }
    if traits.isClass, type(of: value.pointee) != T.self {
      throw invalid(
        value.pointee, at: target, key: key,
        """
        the value is of the class \(String(describing: type(of: value.pointee))), but \(String(describing: T.self)) was \
        declared: what the subclass adds would be lost on the way. Declare the subclass, or use an enum or a struct
        """)
    }
    let liveNodes = nodes.count
    let earlier = mistake
    let node = try openSlot(in: target, key: key, isOptional: traits.isOptional, for: value.pointee)
    var isWritten = false
    defer {
      if !isWritten {
        takeBack(node, from: target)
        mistake = earlier
      }
      while top >= liveNodes { closeTop() }
      nameShapes(from: liveNodes)
      nodes.removeLast(nodes.count - liveNodes)
    }
    // An error passes through: to throw it again at each level takes time, where somebody notes each throw.
    do {
      let encoder = WireEncoder(writer: self, node: node, serial: nodes[node].serial)
      if stack.isScarce { try encodeElsewhere(value, to: encoder) } else { try value.pointee.encode(to: encoder) }
    } catch  where earlier == nil && mistake != nil {
      // What failed after a mistake mostly failed because of it.
    }
    if earlier == nil, let mistake { throw mistake }
    isWritten = true
  }

  /// The same with more stack.
  @inline(never)
  private func encodeElsewhere<T: Encodable>(_ value: UnsafePointer<T>, to encoder: WireEncoder) throws {
    let before = stack
    defer { stack = before }
    try MoreStack.run {
      stack = StackRoom()
      try value.pointee.encode(to: encoder)
    }
  }

  /// Takes back what a value wrote before it failed: a program may go on without it (`try?`).
  private func takeBack(_ node: Int, from target: Target) {
    var start = nodes[node].tag
    nodes[node].form = .empty
    forgetForms(below: node)
    if case .slot(let slot) = target {
      nodes[slot].form = .empty
      memory[start] = Tag.empty
      start += 1
    }
    takeBack(last: end(of: node) - start, of: node)
  }

  /// What was opened below a node is no longer there, and nothing more is to be noted in it.
  private func forgetForms(below node: Int) {
    if node + 1 >= nodes.count { return }
    // A node stands behind the one that it is in.
    var isBelow = [Bool](repeating: false, count: nodes.count - node)
    isBelow[0] = true
    for index in (node + 1)..<nodes.count where nodes[index].parent >= node && isBelow[nodes[index].parent - node] {
      isBelow[index - node] = true
      nodes[index].form = .empty
    }
  }

  /// Takes back the last bytes of what a node holds.
  func takeBack(last bytes: Int, of node: Int) {
    let end = end(of: node)
    if nodes[node].isClosed { shift(from: end, by: -bytes, around: node) } else { count -= bytes }
  }

  @inline(__always)
  func isLive(_ node: Int, _ serial: Int) -> Bool { nodes.has(node) && nodes[node].serial == serial }

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
  func openSlot(
    in target: Target, key: (any CodingKey)?, isOptional: Bool = false, for value: @autoclosure () -> Any
  ) throws -> Int {
    let parent =
      switch target {
      case .end: -1
      case .container(let node), .slot(let node): node
      }
    let depth = parent < 0 ? 1 : nodes[parent].depth + 1
    guard depth <= deepest else { throw invalid(value(), at: target, key: key, tooDeep(deepest)) }
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
      WriterNode(
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

  func noteLength(of node: Int) {
    let head: Int
    switch nodes[node].form {
    case .empty, .single: return
    case .keyed, .unkeyed: head = 1
    case .shaped, .mixed: head = 1 + Tag.shapeBytes
    }
    let start = nodes[node].tag + head
    store(length: nodes[node].end - start - Tag.lengthBytes, at: start)
  }

  func store(length: Int, at offset: Int) {
    let length = UInt64(length)
    let bytes = UnsafeMutableRawBufferPointer(rebasing: memory[offset..<(offset + Tag.lengthBytes)])
    bytes.storeBytes(of: UInt32(truncatingIfNeeded: length).littleEndian, as: UInt32.self)
    bytes.storeBytes(of: UInt16(truncatingIfNeeded: length >> 32).littleEndian, toByteOffset: 4, as: UInt16.self)
  }

  /// Says of each container with a shape which it is, now that it gets no more keys.
  private func nameShapes(from first: Int) {
    for index in first..<nodes.count where nodes[index].form.hasShape {
      let number = shapes.number(of: nodes[index].shape)
      memory.storeBytes(of: number.littleEndian, toByteOffset: nodes[index].tag + 1, as: UInt32.self)
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
    for index in 0..<nodes.count {
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
