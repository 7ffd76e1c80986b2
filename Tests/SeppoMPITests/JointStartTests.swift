import Testing

@testable import SeppoMPI

@Suite("The start of a call")
struct JointStartTests {
  private let second = 1_000_000_000

  @Test("Nobody gets items before all are there")
  func waits() {
    var start = JointStart(root: 2, waits: true, at: second)
    #expect(start.ready([(2, 1)], areAllHere: false, at: second).isEmpty)
    let ready = start.ready([(1, 3)], areAllHere: true, at: second + 1)
    #expect(ready.map(\.rank) == [0, 2, 1] && ready.map(\.threads) == [2, 1, 3])
    #expect(start.ready([], areAllHere: true, at: second + 2).isEmpty)
  }

  @Test("One that doesn't come is not waited for, and gets items when it is there")
  func endsWaiting() {
    var start = JointStart(root: 1, waits: true, at: 0)
    #expect(start.ready([(1, 1)], areAllHere: false, at: JointStart.longest - 1).isEmpty)
    #expect(start.ready([], areAllHere: false, at: JointStart.longest).map(\.rank) == [0, 1])
    #expect(start.ready([(2, 1)], areAllHere: false, at: JointStart.longest + 1).map(\.rank) == [2])
  }

  @Test("Where it isn't wanted nobody waits")
  func later() {
    var start = JointStart(root: 1, waits: false, at: 0)
    #expect(start.ready([], areAllHere: false, at: 0).map(\.rank) == [0])
  }
}
