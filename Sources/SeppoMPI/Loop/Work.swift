import SeppoEngine
import SeppoWire

/// The work of a call: rank 0's items, and how to compute them.
@usableFromInline
struct Work<Element> {
  let items: CallItems<Element>
  let own: OwnItems<Element>?
  let options: ParallelOptions
  /// Whether the items of all ranks are compared.
  let isCompared: Bool
  let place: Place

  /// - Parameters:
  ///   - own: on ranks other than 0, their own items; nil if they aren't compared.
  ///   - isCompared: whether the items of all ranks are compared.
  @usableFromInline
  init(
    _ items: CallItems<Element>, _ own: OwnItems<Element>?, _ options: ParallelOptions, isCompared: Bool, _ place: Place
  ) {
    self.items = items
    self.own = own
    self.options = options
    self.isCompared = isCompared
    self.place = place
  }
}

extension Work {
  /// This rank's elements, if they are in memory.
  @usableFromInline
  var memory: UnsafeBufferPointer<Element>? {
    let own: Elements<Element>? =
      switch own {
      case .elements(let own): own
      case .sample: nil
      case nil: items.all
      }
    guard case .memory(let items) = own else { return nil }
    return items
  }

  /// Returns the number of elements in each block but the last.
  @usableFromInline
  func sizeOfBlocks(in count: Int, atMost mostBlocks: Int?) -> Int {
    Blocks(of: count, atMost: mostBlocks).fullSize(of: 0)
  }
}

extension Work where Element: Codable & Sendable {
  /// Lends the work to the body. On the rank that distributes the elements, these are in contiguous memory, an arithmetic
  /// progression, or a sequence to be drawn. On other ranks there are no elements, but the rank's own ones if they are
  /// compared.
  ///
  /// - Parameters:
  ///   - base: the elements; nil if this rank has none.
  ///   - areEverywhere: whether every rank has the elements.
  @inlinable
  static func lend<Base: Sequence<Element>, Value>(
    _ base: Base?, _ options: ParallelOptions, areEverywhere: Bool, _ place: Place, _ body: (Work) throws -> Value
  ) throws -> Value {
    let isDrawn = Work.isDrawn(Base.self)
    let isCompared = areEverywhere && !isDrawn
    func work(_ items: CallItems<Element>, _ own: OwnItems<Element>? = nil) throws -> Value {
      try body(Work(items, own, options, isCompared: isCompared, place))
    }
    guard let base, readsElements() else {
      let none = CallItems<Element>.all(.memory(UnsafeBufferPointer(start: nil, count: 0)))
      guard isCompared, let base else { return try work(none) }
      if let value = try base.withContiguousStorageIfAvailable({ try work(none, .elements(.memory($0))) }) {
        return value
      }
      return try work(
        none, progression(of: base).map { .elements(.progression($0)) } ?? .sample(ItemSample(elements: base)))
    }
    if let value = try base.withContiguousStorageIfAvailable({ try work(.all(.memory($0))) }) { return value }
    if let progression = progression(of: base) { return try work(.all(.progression(progression))) }
    // The store of a checkpoint compares all items before anything is computed.
    if isDrawn, options.checkpoint == nil {
      var iterator = base.makeIterator()
      return try work(.drawn { iterator.next() })
    }
    return try Array(base).withUnsafeBufferPointer { try work(.all(.memory($0))) }
  }

  /// Returns whether the elements are drawn on rank 0 only, as they are needed.
  @usableFromInline
  static func isDrawn<Base: Sequence<Element>>(_ base: Base.Type) -> Bool { SeppoMPI.isDrawn(base) }
}

/// Returns whether this rank's elements are the ones that are computed.
@usableFromInline
func readsElements() -> Bool { Job.current.isRoot || isNestedCall() }

/// Returns whether a call is made inside another one, where the other ranks don't make it.
@usableFromInline
func isNestedCall() -> Bool { CallContext.current != .everyRank }
