import SeppoEngine
import Testing

@Suite("The start barrier")
struct JointStartTests {
  private let second = 1_000_000_000

  @Test("No worker gets items before all have joined")
  func waits() {
    var start = StartBarrier(waits: true, at: second)
    start.joined(worker: 0, threads: 2)
    start.joined(worker: 2, threads: 1)
    #expect(start.ready(allJoinedOrLost: false, at: second).isEmpty)
    start.joined(worker: 1, threads: 3)
    let ready = start.ready(allJoinedOrLost: true, at: second + 1)
    #expect(ready.map(\.worker) == [0, 2, 1] && ready.map(\.threads) == [2, 1, 3])
    #expect(start.ready(allJoinedOrLost: true, at: second + 2).isEmpty)
  }

  @Test("After the timeout, workers start without the missing one, which gets items when it joins")
  func endsWaiting() {
    var start = StartBarrier(waits: true, at: 0)
    start.joined(worker: 0, threads: 1)
    start.joined(worker: 1, threads: 1)
    #expect(start.ready(allJoinedOrLost: false, at: StartBarrier.timeout - 1).isEmpty)
    #expect(start.ready(allJoinedOrLost: false, at: StartBarrier.timeout).map(\.worker) == [0, 1])
    start.joined(worker: 2, threads: 1)
    #expect(start.ready(allJoinedOrLost: false, at: StartBarrier.timeout + 1).map(\.worker) == [2])
  }

  @Test("A call without a barrier doesn't wait")
  func later() {
    var start = StartBarrier(waits: false, at: 0)
    start.joined(worker: 0, threads: 1)
    #expect(start.ready(allJoinedOrLost: false, at: 0).map(\.worker) == [0])
  }
}
