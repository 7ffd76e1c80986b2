/// Bytes that are the same for the same value in every process.
///
/// A checkpoint knows its items by a digest of these. They are never read back. The wire form would not do: it has
/// dictionaries and sets in their iteration order, which is another one in each process.
package enum Canonical {
  /// Writes a value behind what the bytes hold, or nothing where it throws. For many values a `CanonicalWriter` is faster.
  ///
  /// - Throws: what the value's `encode(to:)` throws; `EncodingError` where it nests too deep or misuses its encoder.
  package static func write<T: Encodable>(_ value: T, to bytes: inout [UInt8]) throws {
    let writer = CanonicalWriter()
    try writer.write(value)
    writer.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }
}

/// Writes canonical bytes of value after value. Used by one thread at a time.
///
/// Every value is tagged and says where it ends, so different values of a type have different bytes, and so have different
/// sequences of them. Keyed containers are sorted by key, sets by their elements' bytes, dictionaries by their keys' bytes.
/// **The bytes of a type must stay what they are in later versions**: else checkpoints that exist are no longer recognised.
///
/// What can't be seen from here is a type that writes a set through the set's own `encode(to:)`, or element by element in a
/// loop of its own: those are written in iteration order, and so are other hashed collections than the standard library's.
package final class CanonicalWriter {
  private var types = TypeTable<CanonicalTraits>()
  /// Nodes that were used, to be used again: making one takes longer than writing a number into it.
  private var spare: [CanonicalNode] = []
  private let output = CanonicalNode()
  /// The stack of the thread that writes.
  private var stack = StackRoom()
  /// Whether a value was refused because it nests too deep.
  private(set) var hasMetTooDeep = false

  /// How deep the value is that is being written, and how deep places were made inside each other for it.
  private var value = (depth: 0, deepestSlot: 0)
  /// More of them are gone through with more stack.
  private static let fewSlots = 64
  private static let mostSlots = 50_000

  /// What nests deeper is written as a digest of its bytes. These would be copied from level to level, which takes time with
  /// the square of the levels.
  private static let deepestWhole = 800

  package init() {}

  /// How many bytes have been written.
  package var count: Int { output.bytes.count }

  /// - Parameter body: is given all that was written. It must not write.
  package func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try output.bytes.withUnsafeBytes(body)
  }

  package func removeAll() { output.bytes.removeAll(keepingCapacity: true) }

  /// Writes one value behind those before it, or nothing where it throws.
  package func write<T: Encodable>(_ value: T) throws {
    let mark = output.mark
    stack = StackRoom()
    do {
      try write(value, into: output, key: nil, depth: 1)
    } catch {
      output.takeBack(to: mark)
      throw error
    }
  }

  func traits(of type: Any.Type) -> CanonicalTraits { types.of(type) { CanonicalTraits(type) }.takeUnretainedValue() }

  // Few frames a level, and small ones: values nest deep, and a thread's stack may be small.
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
      try? goThroughSlots { retire(node) }
      self.value = before
    }
    do {
      let encoder = CanonicalEncoder(writer: self, node: node)
      if stack.isScarce { try encodeElsewhere(value, to: encoder) } else { try value.encode(to: encoder) }
    } catch  where node.mistake != nil || self.value.deepestSlot > depth {
      // What failed after a mistake mostly failed because of it.
      throw try goThroughSlots { node.anyMistake } ?? error
    }
    let start = place.node.bytes.count
    try goThroughSlots { try node.finish(into: place.node) }
    if depth > CanonicalWriter.deepestWhole { place.node.digest(from: start) }
  }

  /// Goes through the places inside the value's, one inside the other.
  private func goThroughSlots<Value>(_ body: () throws -> Value) throws -> Value {
    value.deepestSlot - value.depth > CanonicalWriter.fewSlots ? try MoreStack.run(body) : try body()
  }

  /// A node for a part of a value that is written by itself.
  func openSlot(_ place: CanonicalPlace) throws -> CanonicalNode {
    value.deepestSlot = max(value.deepestSlot, place.depth)
    return try open(place, hasRoom: !stack.isUsedUp && place.depth - value.depth <= CanonicalWriter.mostSlots)
  }

  /// With more stack.
  @inline(never)
  private func encodeElsewhere<T: Encodable>(_ value: T, to encoder: CanonicalEncoder) throws {
    let before = stack
    defer { stack = before }
    try MoreStack.run {
      stack = StackRoom()
      try value.encode(to: encoder)
    }
  }

  /// A node for a value, or a part of one, that will be written behind what the place's node holds.
  func open(_ place: CanonicalPlace, hasRoom: Bool = true) throws -> CanonicalNode {
    let node = unused()
    node.begin(under: place.node, key: place.key, depth: place.depth)
    // (An optional counts as a level here.)
    guard place.depth <= 2 * deepestNesting, hasRoom else {
      hasMetTooDeep = true
      let path = node.codingPath
      retire(node)
      let reason = hasRoom ? tooDeep(2 * deepestNesting) : noStack
      throw EncodingError.invalidValue(place.depth, .init(codingPath: path, debugDescription: reason))
    }
    return node
  }

  private func unused() -> CanonicalNode {
    while var node = spare.popLast() {
      // A container that somebody has kept must stay without effect.
      if isKnownUniquelyReferenced(&node) { return node }
    }
    return CanonicalNode()
  }

  /// From now on nothing can be written into the node, nor into the containers inside it.
  func retire(_ node: CanonicalNode) {
    for entry in node.entries { if let child = entry.child { retire(child) } }
    node.end()
    if spare.count < 32 { spare.append(node) }
  }
}

/// Where a value goes: behind what a node holds.
struct CanonicalPlace {
  let writer: CanonicalWriter
  let node: CanonicalNode
  /// What coding paths call it.
  let key: (any CodingKey)?
  /// 1 for the outermost value.
  let depth: Int

  /// Where what the value is made of goes.
  var inside: CanonicalPlace { CanonicalPlace(writer: writer, node: node, key: key, depth: depth + 1) }
}

/// What is asked of a type once: casts to protocols cost more than the writing of a small value.
final class CanonicalTraits {
  let form: (any CanonicalForm.Type)?

  init(_ type: Any.Type) { form = type as? any CanonicalForm.Type }
}
