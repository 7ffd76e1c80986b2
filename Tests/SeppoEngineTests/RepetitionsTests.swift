import SeppoEngine
import Testing

@Suite("Repetitions")
struct RepetitionsTests {
  @Test(
    "Each item is computed on two different ranks, and the first and the last item are included", arguments: 2...9,
    [1, 2, 5, 100, 100_000])
  func twoRanks(ranks: Int, count: Int) {
    var check = Repetitions(count: count, workers: ranks)
    check.recordComputed([0..<count], from: ranks - 1)
    let repetitions = check.planned
    #expect(repetitions.count == min(count, max(5, ranks)))
    #expect(repetitions.map(\.index) == Array(Set(repetitions.map(\.index))).sorted())
    #expect(repetitions.first?.index == 0 && repetitions.last?.index == count - 1)
    #expect(
      repetitions.allSatisfy { $0.first == ranks - 1 && $0.second != $0.first && (0..<ranks).contains($0.second) })
  }

  @Test("Every rank takes part, whichever items it computed first", arguments: 2...9)
  func everyRank(ranks: Int) {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<50 {
      var check = Repetitions(count: 1_000, workers: ranks)
      for item in 0..<1_000 {
        check.recordComputed([item..<(item + 1)], from: Int.random(in: 0..<ranks, using: &generator))
      }
      #expect(Set(check.planned.flatMap { [$0.first, $0.second] }) == Set(0..<ranks))
    }
  }

  @Test("Failed items and results of an earlier job aren't repeated")
  func onlyResults() {
    var check = Repetitions(count: 5, workers: 2)
    check.recordComputed([1..<2, 3..<4], from: 1)
    #expect(check.planned.map(\.index) == [1, 3])
  }
}
