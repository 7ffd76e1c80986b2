/// Rank 0's elements, in memory or as an arithmetic progression.
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

  /// The number of elements of a progression that are computed at a time, so that they stay in the core's cache.
  static var progressionBatch: Int { 4096 }
}
