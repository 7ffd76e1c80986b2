/// Containers and their keys.
extension _WireWriter {
  /// Makes a container of a place, or gives the one that is there.
  func openContainer(_ form: WriterNode.Form, on node: Int, root: Int = 0) {
    switch nodes[node].form {
    case .empty:
      nodes[node].form = form
      let shapeBytes = form == .shaped ? Tag.shapeBytes : 0
      memory[nodes[node].tag] = form == .shaped ? Tag.shaped : form == .keyed ? Tag.keyed : Tag.unkeyed
      nodes[node].shape = root
      let head = place(shapeBytes + Tag.lengthBytes, in: node)
      for index in 0..<(shapeBytes + Tag.lengthBytes) { memory[head + index] = 0 }
      if nodes[node].isClosed { noteLength(of: node) }
    case let known where known == form || (known.isKeyed && form.isKeyed): break
    default:
      note(mistake: invalid(form, at: .slot(node), key: nil, "a value opened containers of two different kinds"))
    }
  }

  /// Notes a key after the values of the container that is open at the buffer's end.
  ///
  /// - Returns: false where that is another container, or the key is new after those before it; then nothing is noted.
  @inline(__always)
  func note(_ label: ShapeTrie.Label, in node: Int, _ serial: Int) -> Bool {
    // What is on top is there, and open.
    guard top == node, node >= 0, nodes[node].serial == serial, nodes[node].form == .shaped,
      let shape = shapes.known(label, after: nodes[node].shape)
    else { return false }
    nodes[node].shape = shape
    return true
  }

  /// Writes a key, or notes it in the shape.
  ///
  /// - Parameter label: of a key that a byte stands for.
  func write(key: some CodingKey, label: ShapeTrie.Label?, in node: Int) {
    var name = key.stringValue
    name.withUTF8 { name in
      switch nodes[node].form {
      case .shaped:
        if let label {
          nodes[node].shape = shapes.next(label, name: name, after: nodes[node].shape)
        } else {
          mix(node)
          writeMixed(name, label: nil, in: node)
        }
      case .mixed: writeMixed(name, label: label, in: node)
      // Where it is no keyed container, that has been noted as a mistake.
      case .keyed, .empty, .single, .unkeyed: write(name: UnsafeRawBufferPointer(name), in: node)
      }
    }
  }

  private func write(name: UnsafeRawBufferPointer, in node: Int) {
    noteKey(name, in: node)
    var offset = place(VariableLength.bytes(of: name.count) + name.count, in: node)
    VariableLength.write(name.count, to: memory, at: &offset)
    UnsafeMutableRawBufferPointer(rebasing: memory[offset..<(offset + name.count)]).copyMemory(from: name)
  }

  /// From now on the keys may be many, and must be found without looking through all.
  private func mix(_ node: Int) {
    nodes[node].form = .mixed
    for hash in shapes.hashes(of: nodes[node].shape) { insert(hash, node) { [] } }
  }

  private func writeMixed(_ name: UnsafeBufferPointer<UInt8>, label: ShapeTrie.Label?, in node: Int) {
    let shape = nodes[node].shape
    insert(KeysSeen.hash(UnsafeRawBufferPointer(name)), node) { shapes.hashes(of: shape) }
    nodes[node].shape = shapes.next(label ?? shapes.label(of: name), name: name, after: shape)
  }

  /// Whether the key is known already.
  @discardableResult
  private func insert(_ hash: UInt64, _ node: Int, known: () -> [UInt64]) -> Bool {
    if nodes[node].keys.insert(hash) { return false }
    // Taken out of the node, which `known` looks at; not copied, since it can be large.
    var keys = KeysSeen()
    swap(&keys, &nodes[node].keys)
    let isKnown = keys.settle(hash, known: known)
    swap(&keys, &nodes[node].keys)
    return isKnown
  }

  /// Says in the tag of a keyed container if it is given a key a second time.
  private func noteKey(_ name: UnsafeRawBufferPointer, in node: Int) {
    if insert(KeysSeen.hash(name), node, known: { keyHashes(of: node) }) { memory[nodes[node].tag] = Tag.keyedAgain }
  }

  private func keyHashes(of node: Int) -> [UInt64] {
    let end = end(of: node)
    let reader = _WireReader(UnsafeRawBufferPointer(memory))
    let start = nodes[node].tag + 1 + Tag.lengthBytes
    return withExtendedLifetime(reader) {
      var cursor = _WireCursor(reader: reader, node: -1, offset: start, limit: end)
      var hashes: [UInt64] = []
      while let (name, _) = try? cursor.readEntry() { hashes.append(KeysSeen.hash(name)) }
      return hashes
    }
  }

  /// The container that stands under this key, if it can still be written into.
  func container(under key: any CodingKey, in parent: Int, isKeyed: Bool) -> Int? {
    // A type may open thousands: only for a key that was written are they looked through.
    var name = key.stringValue
    let hash = name.withUTF8 { KeysSeen.hash(UnsafeRawBufferPointer($0)) }
    let node = nodes[parent]
    let mayContain = node.form == .shaped ? shapes.mayContain(hash, in: node.shape) : node.keys.mayContain(hash)
    guard mayContain else { return nil }
    return (0..<nodes.count).last {
      nodes[$0].parent == parent && (isKeyed ? nodes[$0].form.isKeyed : nodes[$0].form == .unkeyed)
        && nodes[$0].key?.stringValue == key.stringValue
    }
  }

  func noteElement(in node: Int) { nodes[node].count += 1 }
}
