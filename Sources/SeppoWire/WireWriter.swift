/// Encodes values into one flat buffer.
///
/// Codable allows interleaved writes to several containers, but programs rarely do that. So the containers on the path
/// from the root to the one written last are open. A write to any of them is an append, which closes the containers
/// below it and stores their lengths. A write to a closed container inserts a gap at its end.
///
/// Used by one thread at a time, so accesses are not checked for exclusivity, which would double the time for a number.
/// No method passes out a reference to a property that another method could change meanwhile.
package final class WireWriter {
  static let alignment = 64
  /// Number of bytes that are always available after `count`, so that writing a number needs only one check.
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
  /// The first error in a call that can't throw. Thrown at the end of the value's `encode(to:)`.
  @exclusivity(unchecked) private var pendingError: (any Error)?
  /// The stack of the thread that writes.
  @exclusivity(unchecked) var stack = StackSpace.none
  private let maxDepth: Int

  /// - Parameters:
  ///   - capacity: the initial size of the buffer, in bytes.
  ///   - maxDepth: maximum nesting depth of values.
  package init(capacity: Int = 256, maxDepth: Int = maxNestingDepth) {
    self.maxDepth = maxDepth
    memory = .allocate(byteCount: max(capacity, 1) + WireWriter.slack, alignment: WireWriter.alignment)
  }

  deinit { memory.deallocate() }

  /// The bytes written. Valid until the next write.
  package var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: memory[..<count]) }

  /// Ensures space for `bytes` more bytes.
  @inline(__always)
  package func reserve(_ bytes: Int) {
    if count + bytes + WireWriter.slack > memory.count { grow(bytes) }
  }

  @inline(never)
  private func grow(_ bytes: Int) {
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(count + bytes + WireWriter.slack, memory.count * 2), alignment: WireWriter.alignment)
    larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
    memory.deallocate()
    memory = larger
  }

  /// Appends bytes that are not a value, such as a header or a part from elsewhere. The caller must set their content.
  package func append(uninitialized bytes: Int) -> UnsafeMutableRawBufferPointer {
    reserve(bytes)
    defer { count += bytes }
    return UnsafeMutableRawBufferPointer(rebasing: memory[count..<(count + bytes)])
  }

  package func append(_ bytes: UnsafeRawBufferPointer) { append(uninitialized: bytes.count).copyMemory(from: bytes) }

  /// Removes the bytes after `count`.
  package func truncate(to count: Int) {
    precondition(count <= self.count, "can't truncate to more bytes than were written")
    self.count = count
  }

  @inline(__always)
  func traits(of type: Any.Type) -> TypeTraits { traits.of(type) { TypeTraits(type) }.takeUnretainedValue() }

  @inline(__always)
  func keys<Key: CodingKey>(of type: Key.Type) -> Unmanaged<WriterKeys> { keyTypes.of(type) { newKeys(of: type) } }

  @inline(never)
  private func newKeys<Key: CodingKey>(of type: Key.Type) -> WriterKeys {
    keyTypeCount += 1
    let isPoolable = ContainerPool<KeyedWriterCore>.fits(KeyedEncodingContainer<Key>.self)
    let copier = Copier<KeyedEncodingContainer<Key>>()
    return WriterKeys(
      width: KeyWidth(type), label: keyTypeCount << 8, root: shapes.root(), isPoolable: isPoolable, copier: copier)
  }

  /// Appends one item, or nothing if it throws.
  func writeItem<T: Encodable>(_ item: UnsafePointer<T>, _ traits: TypeTraits) throws {
    nodes.removeLast(nodes.count)
    pendingError = nil
    top = -1
    try write(item, traits, to: .end, key: nil)
  }

  /// Ends a part: appends the table of its containers' shapes.
  func endPart() {
    if !shapes.isEmpty {
      let start = count
      append(uninitialized: 1)[0] = Tag.shapes
      shapes.write(to: self)
      let length = append(uninitialized: Tag.lengthBytes)
      store(length: count - start - Tag.lengthBytes, at: count - length.count)
    }
    releaseContainers()
  }

  /// Releases the pooled containers, which retain this writer.
  func releaseContainers() {
    keyTypes.removeAll { $0.containers.releaseAll(boxesOwnCores: true) }
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

  /// The destination of a value.
  enum Target {
    /// The end of the buffer, for an item.
    case end
    /// The end of a container.
    case container(Int)
    /// A slot that was made for the value, whose tag is still empty.
    case slot(Int)
  }

  /// Writes a value in its built-in wire form, or with its `encode(to:)`.
  func write<T: Encodable>(
    _ value: UnsafePointer<T>, _ traits: TypeTraits, to target: Target, key: (any CodingKey)?
  ) throws {
    if let plain = traits.plain {
      if let reason = traits.invalidReason { throw invalid(value.pointee, at: target, key: key, reason) }
      plain._write(UnsafeRawPointer(value), to: _WireTarget(writer: self, target: target))
      return
    }
    if traits.isClass, type(of: value.pointee) != T.self {
      throw invalid(
        value.pointee, at: target, key: key,
        """
        the value's class is \(String(describing: type(of: value.pointee))), but its declared type is \
        \(String(describing: T.self)): the subclass's properties would be lost. Declare the subclass, or use an enum \
        or a struct
        """)
    }
    let liveNodes = nodes.count
    let earlier = pendingError
    let node = try openSlot(in: target, key: key, isOptional: traits.isOptional, for: value.pointee)
    var isWritten = false
    defer {
      if !isWritten {
        rollBack(node, from: target)
        pendingError = earlier
      }
      while top >= liveNodes { closeTop() }
      storeShapes(from: liveNodes)
      nodes.removeLast(nodes.count - liveNodes)
    }
    // Other errors pass without a rethrow: rethrowing at each level is slow if a debugger or test library observes
    // throws.
    do {
      let encoder = WireEncoder(writer: self, node: node, serial: nodes[node].serial)
      if stack.isScarce { try encodeOnExtraStack(value, to: encoder) } else { try value.pointee.encode(to: encoder) }
    } catch  where earlier == nil && pendingError != nil {
      // An error after a recorded one is usually a consequence of it; the recorded one is thrown below.
    }
    if earlier == nil, let pendingError { throw pendingError }
    isWritten = true
  }

  /// Encodes the value on an extra stack.
  @inline(never)
  private func encodeOnExtraStack<T: Encodable>(_ value: UnsafePointer<T>, to encoder: WireEncoder) throws {
    let before = stack
    defer { stack = before }
    try ExtraStack.run {
      stack = StackSpace()
      try value.pointee.encode(to: encoder)
    }
  }

  /// Removes what a value wrote before it failed. The program may continue without it (`try?`).
  private func rollBack(_ node: Int, from target: Target) {
    var start = nodes[node].tag
    nodes[node].form = .empty
    clearForms(below: node)
    if case .slot(let slot) = target {
      nodes[slot].form = .empty
      memory[start] = Tag.empty
      start += 1
    }
    rollBack(last: end(of: node) - start, of: node)
  }

  /// Clears the forms of the nodes below a node, whose bytes have been removed, so that no lengths or shapes are stored
  /// in them.
  private func clearForms(below node: Int) {
    if node + 1 >= nodes.count { return }
    // A node has a higher index than its parent.
    var isBelow = [Bool](repeating: false, count: nodes.count - node)
    isBelow[0] = true
    for index in (node + 1)..<nodes.count where nodes[index].parent >= node && isBelow[nodes[index].parent - node] {
      isBelow[index - node] = true
      nodes[index].form = .empty
    }
  }

  /// Removes the last bytes of a node.
  func rollBack(last bytes: Int, of node: Int) {
    let end = end(of: node)
    if nodes[node].isClosed { shift(from: end, by: -bytes, around: node) } else { count -= bytes }
  }

  @inline(__always)
  func isLive(_ node: Int, _ serial: Int) -> Bool { nodes.has(node) && nodes[node].serial == serial }

  func record(_ error: EncodingError) { pendingError = pendingError ?? error }

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

  /// Makes a slot for a value: an empty tag, and a node.
  func openSlot(
    in target: Target, key: (any CodingKey)?, isOptional: Bool = false, for value: @autoclosure () -> Any
  ) throws -> Int {
    let parent =
      switch target {
      case .end: -1
      case .container(let node), .slot(let node): node
      }
    let depth = parent < 0 ? 1 : nodes[parent].depth + 1
    guard depth <= maxDepth else { throw invalid(value(), at: target, key: key, tooDeepMessage(maxDepth)) }
    let tag: Int
    switch target {
    case .end:
      tag = count
      append(uninitialized: 1)[0] = Tag.empty
    case .container(let container):
      tag = append(1, in: container)
      memory[tag] = Tag.empty
    case .slot(let slot):
      tag = nodes[slot].tag
      if !nodes[slot].isClosed { closeNodes(below: slot) }
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

  /// Marks a slot as used by a single value. A second value in it is an error.
  func claim(_ slot: Int) {
    if nodes[slot].form != .empty {
      record(invalid(nodes[slot].form, at: .slot(slot), key: nil, "a value encoded itself more than once"))
    }
    nodes[slot].form = .single
  }

  /// Appends uninitialised bytes to a node, and returns their offset.
  func append(_ bytes: Int, in node: Int) -> Int {
    if nodes[node].isClosed { return insertGap(bytes, in: node) }
    closeNodes(below: node)
    reserve(bytes)
    defer { count += bytes }
    return count
  }

  /// Inserts `Tag.some` before the last value in `node`, which begins at `start`, if it needs the tag.
  func markSome(at start: Int, in node: Int) {
    guard memory[start] == Tag.null || memory[start] == Tag.some else { return }
    let end = append(1, in: node)
    let from = UnsafeRawBufferPointer(rebasing: memory[start..<end])
    UnsafeMutableRawBufferPointer(rebasing: memory[(start + 1)..<(end + 1)]).copyMemory(from: from)
    memory[start] = Tag.some
  }

  /// Returns the offset of the next value in `node`.
  func end(of node: Int) -> Int {
    if nodes[node].isClosed { return nodes[node].end }
    closeNodes(below: node)
    return count
  }

  /// Closes the nodes below an open node.
  private func closeNodes(below node: Int) { while top != node { closeTop() } }

  private func closeTop() {
    nodes[top].end = count
    nodes[top].isClosed = true
    storeLength(of: top)
    top = nodes[top].parent
  }

  func storeLength(of node: Int) {
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

  /// Stores the numbers of the containers' shapes. The containers must be complete.
  private func storeShapes(from first: Int) {
    for index in first..<nodes.count where nodes[index].form.hasShape {
      let number = shapes.number(of: nodes[index].shape)
      memory.storeBytes(of: number.littleEndian, toByteOffset: nodes[index].tag + 1, as: UInt32.self)
    }
  }

  private func insertGap(_ bytes: Int, in node: Int) -> Int {
    let gap = nodes[node].end
    reserve(bytes)
    shift(from: gap, by: bytes, around: node)
    return gap
  }

  /// Moves the bytes after a node's end, and the end itself.
  private func shift(from end: Int, by bytes: Int, around node: Int) {
    let tail = UnsafeRawBufferPointer(rebasing: memory[end..<count])
    UnsafeMutableRawBufferPointer(rebasing: memory[(end + bytes)..<(count + bytes)]).copyMemory(from: tail)
    count += bytes
    var ancestor = node
    var ancestors: Set<Int> = []
    while ancestor >= 0 {
      ancestors.insert(ancestor)
      ancestor = nodes[ancestor].parent
    }
    for index in 0..<nodes.count {
      if ancestors.contains(index) {
        if nodes[index].isClosed { nodes[index].end += bytes }
      } else if nodes[index].tag >= end {
        nodes[index].tag += bytes
        nodes[index].end += bytes
      }
    }
    // The length of an open ancestor is stored when it closes.
    for index in ancestors where nodes[index].isClosed { storeLength(of: index) }
  }
}
