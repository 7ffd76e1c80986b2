/// A set of indices, inserted as ranges in any order, each index once. Adjacent ranges are merged, so the memory is
/// proportional to the number of gaps.
package struct Coverage: Sendable {
  /// The number of indices in the set.
  package private(set) var count = 0

  /// The end of each merged range by its start, and its start by its end.
  private var ends: [Int: Int] = [:]
  private var starts: [Int: Int] = [:]

  package init() {}

  /// Inserts a range in constant time.
  package mutating func insert(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    count += range.count
    let before = starts.removeValue(forKey: range.lowerBound)
    let after = ends.removeValue(forKey: range.upperBound)
    let (lower, upper) = (before ?? range.lowerBound, after ?? range.upperBound)
    let replacedEnd = ends.updateValue(upper, forKey: lower)
    let replacedStart = starts.updateValue(lower, forKey: upper)
    // Only entries of the adjacent ranges may be replaced.
    precondition(
      (replacedEnd != nil) == (before != nil) && (replacedStart != nil) == (after != nil), "\(range) was inserted twice"
    )
  }

  /// All indices below this one are in the set.
  package var through: Int { ends[0] ?? 0 }

  /// The merged ranges, in no particular order.
  package var ranges: [Range<Int>] { ends.map { $0..<$1 } }
}
