/// Rank 0's elements, as they are there: in memory, or as what they follow from.
@usableFromInline
enum Elements<Element> {
  case memory(UnsafeBufferPointer<Element>)
  case progression(ArithmeticProgression)

  var count: Int {
    switch self {
    case .memory(let items): items.count
    case .progression(let progression): progression.count
    }
  }

  /// Elements that follow from a rule are written out so many at a time: as many as stay in a core's own cache.
  static var run: Int { 4096 }
}
