import SeppoEngine
import SeppoSimulation
import Testing

@Suite("Coverage")
struct CoverageTests {
  @Test("Ranges inserted in any order are merged")
  func anyOrder() {
    var random = SplitMix64(1)
    for _ in 0..<300 {
      var cuts = Set([0, 50])
      for _ in 0..<Int.random(in: 0...20, using: &random) { cuts.insert(Int.random(in: 0...50, using: &random)) }
      let sorted = cuts.sorted()
      var coverage = Coverage()
      var inserted: Set<Int> = []
      for range in zip(sorted, sorted.dropFirst()).map({ $0..<$1 }).shuffled(using: &random) {
        coverage.insert(range)
        inserted.formUnion(range)
        #expect(coverage.count == inserted.count)
        #expect(Set(coverage.ranges.joined()) == inserted)
        for merged in coverage.ranges {
          #expect(!inserted.contains(merged.lowerBound - 1) && !inserted.contains(merged.upperBound))
        }
      }
      #expect(coverage.ranges == [0..<50])
    }
  }

  @Test("An empty range changes nothing")
  func empty() {
    var coverage = Coverage()
    coverage.insert(7..<7)
    #expect(coverage.ranges.isEmpty && coverage.count == 0)
  }
}
