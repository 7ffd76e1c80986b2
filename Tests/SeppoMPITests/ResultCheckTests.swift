import Testing

@testable import SeppoMPI

@Suite("Which items are computed on two ranks")
struct ResultCheckTests {
  @Test("Each on two different ranks, the first and the last among them", arguments: 2...9, [1, 2, 5, 100, 100_000])
  func twoRanks(ranks: Int, count: Int) {
    var check = ResultCheck(count: count, ranks: ranks)
    check.came(0..<count, without: [], from: ranks - 1)
    let repetitions = check.repetitions
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
      var check = ResultCheck(count: 1_000, ranks: ranks)
      for item in 0..<1_000 {
        check.came(item..<(item + 1), without: [], from: Int.random(in: 0..<ranks, using: &generator))
      }
      #expect(Set(check.repetitions.flatMap { [$0.first, $0.second] }) == Set(0..<ranks))
    }
  }

  @Test("Not what failed, nor what an earlier job has stored")
  func onlyResults() {
    var check = ResultCheck(count: 5, ranks: 2)
    let failure = FailedItem(index: 2, error: .badOption(name: "", reason: "", place: ""))
    check.came(1..<4, without: [failure], from: 1)
    #expect(check.repetitions.map(\.place) == [1, 3])
  }
}
