import SeppoWire

/// A sample by which the items of two ranks are compared: their number, and fingerprints of at most 64 of them.
@usableFromInline
struct ItemSample: Equatable, Sendable {
  private static let maximumCount = 64

  let count: Int
  /// In the order of `places(in:)`.
  let fingerprints: [UInt64]

  /// Returns the positions that are compared: all of them, or `most`, evenly spread from the first to the last.
  ///
  /// - Parameter most: the maximum number of positions, at least 2.
  static func places(in count: Int, atMost most: Int = maximumCount) -> [Int] {
    guard count > most else { return Array(0..<count) }
    return (0..<most).map { Int((Int128($0) * Int128(count - 1)) / Int128(most - 1)) }
  }

  enum Difference: Equatable {
    case count(Int)
    case item(Int)
  }

  /// Returns the first difference of the other rank's items, or nil if there is none.
  func difference(of other: ItemSample) -> Difference? {
    if other.count != count { return .count(other.count) }
    guard let first = zip(fingerprints, other.fingerprints).enumerated().first(where: { $1.0 != $1.1 })?.offset else {
      return nil
    }
    return .item(ItemSample.places(in: count)[first])
  }
}

extension ItemSample {
  init<Element: Encodable>(_ items: Elements<Element>) {
    switch items {
    case .memory(let items): self.init(items, at: ItemSample.places(in: items.count), of: items.count)
    case .progression(let progression):
      let places = ItemSample.places(in: progression.count)
      let items = [Element](unsafeUninitializedCapacity: places.count) { buffer, count in
        guard let start = buffer.baseAddress else { return }
        for (offset, place) in places.enumerated() { progression.write(place..<(place + 1), to: start + offset) }
        count = places.count
      }
      self.init(items, of: progression.count)
    }
  }

  /// Samples a sequence; if it is a collection, without reading elements that aren't in the sample.
  @usableFromInline
  init<Element: Encodable>(elements base: some Sequence<Element>) {
    func sample(_ collection: some Collection<Element>) -> ItemSample { ItemSample(collection) }
    self = (base as? any Collection<Element>).map { sample($0) } ?? ItemSample(Array(base))
  }

  private init<Base: Collection>(_ base: Base) where Base.Element: Encodable {
    if let sample = base.withContiguousStorageIfAvailable({ ItemSample(Elements.memory($0)) }) {
      self = sample
    } else if let progression = progression(of: base) {
      self.init(Elements<Base.Element>.progression(progression))
    } else {
      let count = base.count
      var (index, last) = (base.startIndex, 0)
      let items = ItemSample.places(in: count).map { place in
        index = base.index(index, offsetBy: place - last)
        last = place
        return base[index]
      }
      self.init(items, of: count)
    }
  }

  private init<Element: Encodable>(_ items: [Element], of count: Int) {
    self = items.withUnsafeBufferPointer { ItemSample($0, at: Array($0.indices), of: count) }
  }

  private init<Element: Encodable>(_ items: UnsafeBufferPointer<Element>, at places: [Int], of count: Int) {
    self.init(count: count, fingerprints: Canonical.fingerprints(of: items, at: places))
  }
}
