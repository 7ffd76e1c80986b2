/// A few of many, evenly spread.
package enum EvenSample {
  /// All places, or at most so many of them, from the first to the last.
  ///
  /// - Parameter most: 2 or more.
  package static func places(in count: Int, atMost most: Int) -> [Int] {
    guard count > most else { return Array(0..<count) }
    return (0..<most).map { Int((Int128($0) * Int128(count - 1)) / Int128(most - 1)) }
  }
}
