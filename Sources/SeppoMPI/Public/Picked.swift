import SeppoCompute

// The verbs whose results are elements. Workers send positions, not elements. Each rank that has the elements picks its
// own; if only rank 0 has them, it picks, and sends what it has picked.
extension Parallel {
  /// Returns the elements at the offsets that a call has computed for each block; nil on ranks that don't get them.
  @inlinable
  func pickParts(
    _ name: String, to destination: Verb.Destination, _ place: Place, _ kernel: ChunkKernel
  ) throws -> [Base.Element]? {
    let mostBlocks = options.mostBlocks
    return try picked(to: destination, place) { work, destination in
      try runMap(work, [UInt32].self, Verb(name, to: destination, mostBlocks: mostBlocks), kernel)?.values
    } pick: { work, base, offsets in
      work.pick(at: offsets, mostBlocks: mostBlocks, of: base)
    }
  }

  /// Returns the element at the position that a call has found. The inner optional is nil if none is found, the outer
  /// one on ranks that don't get it.
  ///
  /// - Parameters:
  ///   - isSearch: whether the first position that is found decides the call.
  ///   - merge: folds positions, −1 for none.
  @inlinable
  func pickOne(
    _ name: String, to destination: Verb.Destination, _ place: Place, mostBlocks: Int?, isSearch: Bool = false,
    merge: (Work<Base.Element>, inout Int, Int) throws -> Void, kernel: ChunkKernel
  ) throws -> Base.Element?? {
    try picked(to: destination, place) { work, destination in
      try runFold(
        work, Verb(name, to: destination, mostBlocks: mostBlocks, mayEndEarly: isSearch), from: -1,
        isDecisive: isSearch ? { $0 >= 0 } : nil, merge: { try merge(work, &$0, $1) }, kernel: kernel)
    } pick: { work, base, position in
      position < 0 ? nil : work.pick(at: position, of: base)
    }
  }

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
  func pick(at position: Int, of base: some Sequence<Element>) -> Element {
    if let memory { return memory[position] }
    return pick(at: [position], of: base)[0]
  }

  /// Returns elements of this rank, in one pass over them.
  ///
  /// - Parameters:
  ///   - offsets: for each block, ascending offsets from its first element.
  ///   - mostBlocks: the maximum number of blocks of the call.
  @inlinable
  func pick(at offsets: [[UInt32]], mostBlocks: Int?, of base: some Sequence<Element>) -> [Element] {
    let size = sizeOfBlocks(in: memory?.count ?? count(of: base), atMost: mostBlocks)
    let positions = offsets.enumerated().flatMap { block, offsets in offsets.map { block * size + Int($0) } }
    if let memory { return positions.map { memory[$0] } }
    return pick(at: positions, of: base)
  }

  /// - Parameter positions: in ascending order.
  @usableFromInline
  func pick(at positions: [Int], of base: some Sequence<Element>) -> [Element] {
    func pick(_ base: some Collection<Element>) -> [Element] {
      var (index, last) = (base.startIndex, 0)
      return positions.map { position in
        base.formIndex(&index, offsetBy: position - last)
        last = position
        return base[index]
      }
    }
    return (base as? any Collection<Element>).map { pick($0) } ?? pick(Array(base))
  }

  @usableFromInline
  func count(of base: some Sequence<Element>) -> Int {
    progression(of: base)?.count ?? (base as? any Collection<Element>)?.count ?? Array(base).count
  }
}
