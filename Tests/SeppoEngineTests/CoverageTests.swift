import SeppoEngine
import SeppoSimulation
import Testing

@Suite("What has come")
struct CoverageTests {
  @Test("Ranges that come in any order are merged")
  func anyOrder() {
    var random = Seeded(1)
    for _ in 0..<300 {
      var cuts = Set([0, 50])
      for _ in 0..<Int.random(in: 0...20, using: &random) { cuts.insert(Int.random(in: 0...50, using: &random)) }
      let sorted = cuts.sorted()
      var coverage = Coverage()
      var come: Set<Int> = []
      for range in zip(sorted, sorted.dropFirst()).map({ $0..<$1 }).shuffled(using: &random) {
        coverage.insert(range)
        come.formUnion(range)
        #expect(coverage.count == come.count)
        #expect(Set(coverage.ranges.joined()) == come)
        for merged in coverage.ranges {
          #expect(!come.contains(merged.lowerBound - 1) && !come.contains(merged.upperBound))
        }
      }
      #expect(coverage.ranges == [0..<50])
    }
  }

  @Test("Nothing is nothing")
  func empty() {
    var coverage = Coverage()
    coverage.insert(7..<7)
    #expect(coverage.ranges.isEmpty && coverage.count == 0)
  }
}
