import SeppoEngine
import Testing

@Suite("The start of a call")
struct JointStartTests {
  private let second = 1_000_000_000

  @Test("Nobody gets items before all are there")
  func waits() {
    var start = JointStart(waits: true, at: second)
    start.joined(worker: 0, threads: 2)
    start.joined(worker: 2, threads: 1)
    #expect(start.ready(areAllHere: false, at: second).isEmpty)
    start.joined(worker: 1, threads: 3)
    let ready = start.ready(areAllHere: true, at: second + 1)
    #expect(ready.map(\.worker) == [0, 2, 1] && ready.map(\.threads) == [2, 1, 3])
    #expect(start.ready(areAllHere: true, at: second + 2).isEmpty)
  }

  @Test("A worker that doesn't come is not waited for, and gets items when it is there")
  func endsWaiting() {
    var start = JointStart(waits: true, at: 0)
    start.joined(worker: 0, threads: 1)
    start.joined(worker: 1, threads: 1)
    #expect(start.ready(areAllHere: false, at: JointStart.longest - 1).isEmpty)
    #expect(start.ready(areAllHere: false, at: JointStart.longest).map(\.worker) == [0, 1])
    start.joined(worker: 2, threads: 1)
    #expect(start.ready(areAllHere: false, at: JointStart.longest + 1).map(\.worker) == [2])
  }

  @Test("Where it isn't wanted nobody waits")
  func later() {
    var start = JointStart(waits: false, at: 0)
    start.joined(worker: 0, threads: 1)
    #expect(start.ready(areAllHere: false, at: 0).map(\.worker) == [0])
  }
}
