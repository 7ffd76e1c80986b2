import SeppoWire

/// What the items of a rank are compared by: how many there are, and a mark for each of at most 64 of them.
@usableFromInline
struct ItemSample: Equatable, Sendable {
  private static let most = 64

  let count: Int
  /// In the order of `places(in:)`.
  let marks: [UInt64]

  /// The places that are compared: all of them, or at most 64, evenly spread from the first to the last.
  ///
  /// - Parameter most: how many at the most, 2 or more.
  static func places(in count: Int, atMost most: Int = most) -> [Int] {
    guard count > most else { return Array(0..<count) }
    return (0..<most).map { Int((Int128($0) * Int128(count - 1)) / Int128(most - 1)) }
  }

  enum Difference: Equatable {
    case count(Int)
    case item(Int)
  }

  /// What is different in the other rank's items; nil where nothing is.
  func difference(of other: ItemSample) -> Difference? {
    if other.count != count { return .count(other.count) }
    guard let first = zip(marks, other.marks).enumerated().first(where: { $1.0 != $1.1 })?.offset else { return nil }
    return .item(ItemSample.places(in: count)[first])
  }
}

extension ItemSample {
  init<Element: Encodable>(_ items: Elements<Element>) {
    switch items {
    case .memory(let items): self.init(items, at: ItemSample.places(in: items.count), of: items.count)
    case .progression(let progression):
      let places = ItemSample.places(in: progression.count)
      let items = [Element](unsafeUninitializedCapacity: places.count) { room, count in
        guard let start = room.baseAddress else { return }
        for (offset, place) in places.enumerated() { progression.write(place..<(place + 1), to: start + offset) }
        count = places.count
      }
      self.init(items, of: progression.count)
    }
  }

  /// Of any collection, of which no other elements are read.
  @usableFromInline
  init<Base: Collection>(_ base: Base) where Base.Element: Encodable {
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
    self.init(count: count, marks: Canonical.marks(of: items, at: places))
  }
}
