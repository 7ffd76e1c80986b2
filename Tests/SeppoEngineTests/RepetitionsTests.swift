import SeppoEngine
import Testing

@Suite("Which items are computed on two ranks")
struct RepetitionsTests {
  @Test("Each on two different ranks, the first and the last among them", arguments: 2...9, [1, 2, 5, 100, 100_000])
  func twoRanks(ranks: Int, count: Int) {
    var check = Repetitions(count: count, workers: ranks)
    check.came([0..<count], from: ranks - 1)
    let repetitions = check.all
    #expect(repetitions.count == min(count, max(5, ranks)))
    #expect(repetitions.map(\.place) == Array(Set(repetitions.map(\.place))).sorted())
    #expect(repetitions.first?.place == 0 && repetitions.last?.place == count - 1)
    #expect(
      repetitions.allSatisfy { $0.first == ranks - 1 && $0.second != $0.first && (0..<ranks).contains($0.second) })
  }

  @Test("Every rank has a part, whoever computed what", arguments: 2...9)
  func everyRank(ranks: Int) {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<50 {
      var check = Repetitions(count: 1_000, workers: ranks)
      for item in 0..<1_000 {
        check.came([item..<(item + 1)], from: Int.random(in: 0..<ranks, using: &generator))
      }
      #expect(Set(check.all.flatMap { [$0.first, $0.second] }) == Set(0..<ranks))
    }
  }

  @Test("Not what failed, nor what an earlier job has stored")
  func onlyResults() {
    var check = Repetitions(count: 5, workers: 2)
    check.came([1..<2, 3..<4], from: 1)
    #expect(check.all.map(\.place) == [1, 3])
  }
}
