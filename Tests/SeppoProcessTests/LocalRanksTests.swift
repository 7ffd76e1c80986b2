import Testing

@testable import SeppoProcess

@Suite("Ranks of a machine that end before MPI has started")
struct LocalRanksTests {
  @Test("A rank that was seen and has gone is reported at the second check")
  func gone() {
    var ranks = LocalRanks(count: 3)
    #expect(ranks.check([0, 1, 2]) == nil)
    #expect(ranks.check([0, 2]) == nil)
    #expect(ranks.check([0, 2]) == [1])
  }

  @Test("A rank that comes late is not reported")
  func late() {
    var ranks = LocalRanks(count: 3)
    for _ in 1..<LocalRanks.patience { #expect(ranks.check([0, 1]) == nil) }
    #expect(ranks.check([0, 1, 2]) == nil)
    #expect(ranks.check([0, 1, 2]) == nil)
  }

  @Test("A rank that is missed at one check only is not reported")
  func missedOnce() {
    var ranks = LocalRanks(count: 2)
    for _ in 0..<20 {
      #expect(ranks.check([0, 1]) == nil)
      #expect(ranks.check([0]) == nil)
    }
  }

  @Test("A rank that never comes is reported when the patience is over")
  func never() {
    var ranks = LocalRanks(count: 2)
    for _ in 1..<LocalRanks.patience { #expect(ranks.check([0]) == nil) }
    #expect(ranks.check([0]) == [1])
  }

  @Test("Nothing is reported where the ranks can't be seen, or there is one")
  func unknown() {
    var ranks = LocalRanks(count: 2)
    for _ in 0..<20 { #expect(ranks.check(nil) == nil) }
    var one = LocalRanks(count: 1)
    for _ in 0..<20 { #expect(one.check([]) == nil) }
  }
}
