/// The canonical form of values: bytes that are the same for the same value in every process.
///
/// A checkpoint identifies its items by a digest of them. They are never decoded. The wire form is unsuitable: it has
/// dictionaries and sets in iteration order, which differs between processes.
package enum Canonical {
  /// Appends a value to the bytes, or nothing if it throws. For many values, a `CanonicalWriter` is faster.
  ///
  /// - Throws: the errors of the value's `encode(to:)`; `EncodingError` if it nests too deep or misuses its encoder.
  package static func write<T: Encodable>(_ value: T, to bytes: inout [UInt8]) throws {
    let writer = CanonicalWriter()
    try writer.write(value)
    writer.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }
}

/// Writes the canonical bytes of a sequence of values. Used by one thread at a time.
///
/// Every value is tagged and self-delimiting, so different values of a type have different bytes, and so do different
/// sequences of values. Keyed containers are sorted by key, sets by their elements' bytes, dictionaries by their keys'
/// bytes. **The bytes of a type must not change in later versions**: existing checkpoints would no longer be
/// recognised.
///
/// Limitation: a type that calls a set's own `encode(to:)`, or encodes its elements in a loop, writes them in iteration
/// order. So do hashed collections other than the standard library's.
package final class CanonicalWriter {
  private var types = TypeTable<CanonicalTraits>()
  /// Unused nodes for reuse: allocating one takes longer than writing a number into it.
  private var spare: [CanonicalNode] = []
  private let output = CanonicalNode()
  /// The stack of the thread that writes.
  private var stack = StackSpace()
  /// Whether a value was rejected because it nests too deep.
  private(set) var hasExceededDepth = false

  /// The depth of the value that is being written, and of its deepest nested slot.
  private var value = (depth: 0, deepestSlot: 0)
  /// Maximum depth of nested slots that are traversed on the current stack; deeper ones use an extra stack.
  private static let maxSlotsOnStack = 64
  private static let maxSlots = 50_000

  /// Maximum depth of a value whose bytes are written as they are. Deeper values are written as digests: copying their
  /// bytes from level to level would take time quadratic in the depth.
  private static let maxUndigestedDepth = 800

  package init() {}

  /// Number of bytes written.
  package var count: Int { output.bytes.count }

  /// - Parameter body: receives all bytes written. It must not write.
  package func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try output.bytes.withUnsafeBytes(body)
  }

  package func removeAll() { output.bytes.removeAll(keepingCapacity: true) }

  /// Appends one value, or nothing if it throws.
  package func write<T: Encodable>(_ value: T) throws {
    let mark = output.mark
    stack = StackSpace()
    do {
      try write(value, into: output, key: nil, depth: 1)
    } catch {
      output.rollBack(to: mark)
      throw error
    }
  }

  func traits(of type: Any.Type) -> CanonicalTraits { types.of(type) { CanonicalTraits(type) }.takeUnretainedValue() }

  // Uses few and small stack frames per level: values may nest deep, and a thread's stack may be small.
  func write<T: Encodable>(_ value: T, into node: CanonicalNode, key: (any CodingKey)?, depth: Int) throws {
    let place = CanonicalPlace(writer: self, node: node, key: key, depth: depth)
    if let form = traits(of: T.self).form {
      try withUnsafePointer(to: value) { try form.writeCanonical(UnsafeRawPointer($0), to: place) }
      return
    }
    let node = try open(place)
    let before = self.value
    self.value = (depth, depth)
    defer {
      try? withStackForSlots { retire(node) }
      self.value = before
    }
    do {
      let encoder = CanonicalEncoder(writer: self, node: node)
      if stack.isScarce { try encodeOnExtraStack(value, to: encoder) } else { try value.encode(to: encoder) }
    } catch  where node.pendingError != nil || self.value.deepestSlot > depth {
      // An error after a recorded one is usually a consequence of it.
      throw try withStackForSlots { node.firstError } ?? error
    }
    let start = place.node.bytes.count
    try withStackForSlots { try node.finish(into: place.node) }
    if depth > CanonicalWriter.maxUndigestedDepth { place.node.digest(from: start) }
  }

  /// Runs a body that recurses through the value's nested slots, on an extra stack if they are deep.
  private func withStackForSlots<Value>(_ body: () throws -> Value) throws -> Value {
    value.deepestSlot - value.depth > CanonicalWriter.maxSlotsOnStack ? try ExtraStack.run(body) : try body()
  }

  /// Returns a node for a part of a value that is written separately.
  func openSlot(_ place: CanonicalPlace) throws -> CanonicalNode {
    value.deepestSlot = max(value.deepestSlot, place.depth)
    return try open(place, hasStack: !stack.isExhausted && place.depth - value.depth <= CanonicalWriter.maxSlots)
  }

  /// Encodes the value on an extra stack.
  @inline(never)
  private func encodeOnExtraStack<T: Encodable>(_ value: T, to encoder: CanonicalEncoder) throws {
    let before = stack
    defer { stack = before }
    try ExtraStack.run {
      stack = StackSpace()
      try value.encode(to: encoder)
    }
  }

  /// Returns a node for a value, or a part of one, that will be appended to the place's node.
  func open(_ place: CanonicalPlace, hasStack: Bool = true) throws -> CanonicalNode {
    let node = unused()
    node.begin(under: place.node, key: place.key, depth: place.depth)
    // Twice the limit, because an optional counts as a level here.
    guard place.depth <= 2 * maxNestingDepth, hasStack else {
      hasExceededDepth = true
      let path = node.codingPath
      retire(node)
      let reason = hasStack ? tooDeepMessage(2 * maxNestingDepth) : noStackMessage
      throw EncodingError.invalidValue(place.depth, .init(codingPath: path, debugDescription: reason))
    }
    return node
  }

  private func unused() -> CanonicalNode {
    while var node = spare.popLast() {
      // Skip a node that the program still references through a container: that container must have no effect.
      if isKnownUniquelyReferenced(&node) { return node }
    }
    return CanonicalNode()
  }

  /// Makes the node, and the containers inside it, ignore all further writes, and recycles them.
  func retire(_ node: CanonicalNode) {
    for entry in node.entries { if let child = entry.child { retire(child) } }
    node.end()
    if spare.count < 32 { spare.append(node) }
  }
}

/// The destination of a value: the end of a node.
struct CanonicalPlace {
  let writer: CanonicalWriter
  let node: CanonicalNode
  /// The value's key in coding paths.
  let key: (any CodingKey)?
  /// 1 for the outermost value.
  let depth: Int

  /// The place of the value's parts.
  var inside: CanonicalPlace { CanonicalPlace(writer: writer, node: node, key: key, depth: depth + 1) }
}

/// Cached properties of a type: casts to protocols take longer than writing a small value.
final class CanonicalTraits {
  let form: (any CanonicalForm.Type)?

  init(_ type: Any.Type) { form = type as? any CanonicalForm.Type }
}
