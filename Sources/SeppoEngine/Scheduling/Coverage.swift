/// Which indices of a range have come, in any order, each once; neighbours are merged, so that the memory is that of the
/// gaps between them.
package struct Coverage: Sendable {
  /// How many indices have come.
  package private(set) var count = 0

  /// Where each merged range ends, by its start, and where it starts, by its end.
  private var ends: [Int: Int] = [:]
  private var starts: [Int: Int] = [:]

  package init() {}

  /// Constant time.
  package mutating func insert(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    count += range.count
    let before = starts.removeValue(forKey: range.lowerBound)
    let after = ends.removeValue(forKey: range.upperBound)
    let (lower, upper) = (before ?? range.lowerBound, after ?? range.upperBound)
    let replacedEnd = ends.updateValue(upper, forKey: lower)
    let replacedStart = starts.updateValue(lower, forKey: upper)
    // Only the neighbours' ends may have stood there.
    precondition(
      (replacedEnd != nil) == (before != nil) && (replacedStart != nil) == (after != nil), "\(range) came twice")
  }

  /// All indices below this one have come.
  package var through: Int { ends[0] ?? 0 }

  /// The merged ranges, in no order.
  package var ranges: [Range<Int>] { ends.map { $0..<$1 } }
}
