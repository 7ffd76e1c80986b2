/// A sample of evenly spaced indices.
package enum EvenSample {
  /// Returns up to `most` indices below `count`, including the first and the last.
  ///
  /// - Parameter most: 2 or more.
  package static func indices(in count: Int, atMost most: Int) -> [Int] {
    guard count > most else { return Array(0..<count) }
    return (0..<most).map { Int((Int128($0) * Int128(count - 1)) / Int128(most - 1)) }
  }
}
