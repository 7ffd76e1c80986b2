/// What came back, put in the order of the items.
///
/// Chunks come back in any order; the assembly knows when nothing is missing, and gives the parts from the first item
/// to the last.
package struct Assembly<Part> {
  /// How many items there are in all.
  package let count: Int
  /// How many items have come back.
  package private(set) var placed = 0

  private var parts: [(range: Range<Int>, part: Part)] = []

  package init(count: Int) { self.count = count }

  package var isComplete: Bool { placed == count }

  /// Puts in the part for these items; no item may come twice.
  package mutating func place(_ part: Part, at range: Range<Int>) {
    guard !range.isEmpty else { return }
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) isn't within 0..<\(count)")
    parts.append((range, part))
    placed += range.count
    precondition(placed <= count, "items came back twice")
  }

  /// The parts so far, by item. O(p log p) in the number of parts.
  package func inOrder() -> [(range: Range<Int>, part: Part)] {
    parts.sorted { $0.range.lowerBound < $1.range.lowerBound }
  }
}
