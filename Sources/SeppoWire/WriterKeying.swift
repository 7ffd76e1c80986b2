/// Keyed and unkeyed containers, and their keys.
extension WireWriter {
  /// Makes a slot a container, unless it already is one of the same form.
  func openContainer(_ form: WriterNode.Form, on node: Int, root: Int = 0) {
    switch nodes[node].form {
    case .empty:
      nodes[node].form = form
      let shapeBytes = form == .shaped ? Tag.shapeBytes : 0
      memory[nodes[node].tag] = form == .shaped ? Tag.shaped : form == .keyed ? Tag.keyed : Tag.unkeyed
      nodes[node].shape = root
      let head = append(shapeBytes + Tag.lengthBytes, in: node)
      for index in 0..<(shapeBytes + Tag.lengthBytes) { memory[head + index] = 0 }
      if nodes[node].isClosed { storeLength(of: node) }
    case let known where known == form || (known.isKeyed && form.isKeyed): break
    default:
      record(invalid(form, at: .slot(node), key: nil, "a value opened containers of two different kinds"))
    }
  }

  /// Appends a key to the shape of the innermost open container.
  ///
  /// - Returns: false, without a change, if `node` is not that container, or if the key has never followed the same
  ///   keys.
  @inline(__always)
  func append(key label: ShapeTrie.Label, in node: Int, _ serial: Int) -> Bool {
    // The top node is valid and open.
    guard top == node, node >= 0, nodes[node].serial == serial, nodes[node].form == .shaped,
      let shape = shapes.known(label, after: nodes[node].shape)
    else { return false }
    nodes[node].shape = shape
    return true
  }

  /// Writes a key, or appends it to the container's shape.
  ///
  /// - Parameter label: the key's label, if the key has a byte.
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
      // If it is not a keyed container, an error has been recorded.
      case .keyed, .empty, .single, .unkeyed: write(name: UnsafeRawBufferPointer(name), in: node)
      }
    }
  }

  private func write(name: UnsafeRawBufferPointer, in node: Int) {
    checkDuplicate(name, in: node)
    var offset = append(VariableLength.bytes(of: name.count) + name.count, in: node)
    VariableLength.write(name.count, to: memory, at: &offset)
    UnsafeMutableRawBufferPointer(rebasing: memory[offset..<(offset + name.count)]).copyMemory(from: name)
  }

  /// Makes the container mixed. It may have many keys from now on, so their hashes are stored for a fast search.
  private func mix(_ node: Int) {
    nodes[node].form = .mixed
    for hash in shapes.hashes(of: nodes[node].shape) { insert(hash, node) { [] } }
  }

  private func writeMixed(_ name: UnsafeBufferPointer<UInt8>, label: ShapeTrie.Label?, in node: Int) {
    let shape = nodes[node].shape
    insert(SeenKeys.hash(UnsafeRawBufferPointer(name)), node) { shapes.hashes(of: shape) }
    nodes[node].shape = shapes.next(label ?? shapes.label(of: name), name: name, after: shape)
  }

  /// Inserts a key's hash, and returns whether the container has the key already.
  @discardableResult
  private func insert(_ hash: UInt64, _ node: Int, known: () -> [UInt64]) -> Bool {
    if nodes[node].keys.insert(hash) { return false }
    // Moved out of the node, because `known` reads the node. Not copied, because it can be large.
    var keys = SeenKeys()
    swap(&keys, &nodes[node].keys)
    let isDuplicate = keys.isDuplicate(hash, known: known)
    swap(&keys, &nodes[node].keys)
    return isDuplicate
  }

  /// Changes the tag of a keyed container if the key is a duplicate.
  private func checkDuplicate(_ name: UnsafeRawBufferPointer, in node: Int) {
    if insert(SeenKeys.hash(name), node, known: { keyHashes(of: node) }) {
      memory[nodes[node].tag] = Tag.keyedWithDuplicates
    }
  }

  private func keyHashes(of node: Int) -> [UInt64] {
    let end = end(of: node)
    let reader = WireReader(UnsafeRawBufferPointer(memory))
    let start = nodes[node].tag + 1 + Tag.lengthBytes
    return withExtendedLifetime(reader) {
      var cursor = _WireCursor(reader: reader, node: -1, offset: start, limit: end)
      var hashes: [UInt64] = []
      while let (name, _) = try? cursor.readEntry() { hashes.append(SeenKeys.hash(name)) }
      return hashes
    }
  }

  /// Returns the node of the container with this key, if it is still open for writes.
  func container(under key: any CodingKey, in parent: Int, isKeyed: Bool) -> Int? {
    // A type may open thousands of containers, so search them only for a key that was written before.
    var name = key.stringValue
    let hash = name.withUTF8 { SeenKeys.hash(UnsafeRawBufferPointer($0)) }
    let node = nodes[parent]
    let mayContain = node.form == .shaped ? shapes.mayContain(hash, in: node.shape) : node.keys.mayContain(hash)
    guard mayContain else { return nil }
    return (0..<nodes.count).last {
      nodes[$0].parent == parent && (isKeyed ? nodes[$0].form.isKeyed : nodes[$0].form == .unkeyed)
        && nodes[$0].key?.stringValue == key.stringValue
    }
  }

  func countElement(in node: Int) { nodes[node].count += 1 }
}
