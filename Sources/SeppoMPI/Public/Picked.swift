import SeppoCompute

// The verbs whose results are elements. Workers send positions, not elements. Each rank that has the elements picks its
// own; if only rank 0 has them, it picks, and sends what it has picked.
extension Parallel {
  /// Returns what a call has found among the elements; nil on ranks that don't get it.
  ///
  /// - Parameters:
  ///   - find: makes a call with this destination, and returns positions; nil on ranks that don't get them.
  ///   - pick: returns the elements at these positions.
  @inlinable
  func picked<Positions, Picked: Codable & Sendable>(
    to destination: Verb.Destination, _ place: Place,
    _ find: (Work<Base.Element>, Verb.Destination) throws -> Positions?,
    pick: (Work<Base.Element>, Base, Positions) -> Picked
  ) throws -> Picked? {
    let sendsPicked = destination == .everyRank && !areEverywhere && !isNestedCall()
    let picked: Picked? = try withWork(place) { work in
      guard let positions = try find(work, sendsPicked ? .rootFirst : destination), let base else { return nil }
      return pick(work, base, positions)
    }
    return sendsPicked ? try AtRoot(picked).broadcast(place) : picked
  }
}

extension Work {
  /// Returns an element of this rank. O(*n*) for a collection that is neither contiguous nor random-access.
  @inlinable
  func pick(at position: Int, of base: some Collection<Element>) -> Element {
    if let memory { return memory[position] }
    return base[base.index(base.startIndex, offsetBy: position)]
  }

  /// Returns elements of this rank, in one pass over them.
  ///
  /// - Parameters:
  ///   - offsets: for each block, ascending offsets from its first element.
  ///   - mostBlocks: the maximum number of blocks of the call.
  @inlinable
  func pick(at offsets: [[UInt32]], mostBlocks: Int?, of base: some Collection<Element>) -> [Element] {
    var elements: [Element] = []
    elements.reserveCapacity(offsets.reduce(0) { $0 + $1.count })
    if let memory {
      let size = sizeOfBlocks(in: memory.count, atMost: mostBlocks)
      for (block, offsets) in offsets.enumerated() {
        for offset in offsets { elements.append(memory[block * size + Int(offset)]) }
      }
      return elements
    }
    let size = sizeOfBlocks(in: base.count, atMost: mostBlocks)
    var (index, position) = (base.startIndex, 0)
    for (block, offsets) in offsets.enumerated() {
      for offset in offsets {
        let next = block * size + Int(offset)
        base.formIndex(&index, offsetBy: next - position)
        position = next
        elements.append(base[index])
      }
    }
    return elements
  }
}
