import Testing

@testable import SeppoTransport

@Suite("Backoff")
struct BackoffTests {
  @Test("A wait spins, then yields, then sleeps for increasing times up to a limit")
  func phases() {
    var backoff = Backoff()
    let pauses = (0..<1_000).map { _ in backoff.next() }
    #expect(pauses.prefix(Backoff.spins).allSatisfy { $0 == .spin })
    #expect(pauses.dropFirst(Backoff.spins).prefix(Backoff.yields).allSatisfy { $0 == .yield })
    let sleeps = pauses.dropFirst(Backoff.spins + Backoff.yields).compactMap { pause -> Int? in
      if case .sleep(let nanoseconds) = pause { nanoseconds } else { nil }
    }
    #expect(sleeps.count == 1_000 - Backoff.spins - Backoff.yields)
    #expect(sleeps == sleeps.sorted())
    #expect(sleeps.first == Backoff.shortestSleep)
    #expect(sleeps.last == Backoff.longestIdleSleep)
    // A sleep is never longer than the wait so far, except for the shortest sleep.
    var slept = 0
    for sleep in sleeps {
      #expect(sleep <= slept + Backoff.shortestSleep)
      if slept < 16 * Backoff.longestSleep { #expect(sleep <= Backoff.longestSleep) }
      slept += sleep
    }
  }

  @Test("After a reset, a wait spins again and later starts with the shortest sleep")
  func reset() {
    var backoff = Backoff()
    for _ in 0..<(Backoff.spins + Backoff.yields + 3) { _ = backoff.next() }
    backoff.reset()
    var fresh = Backoff()
    for _ in 0..<500 { #expect(backoff.next() == fresh.next()) }
  }

  @Test("After a long wait, the next one starts with a sleep of an eighth of it")
  func patience() {
    var backoff = Backoff()
    var slept = 0
    for _ in 0..<100_000 where slept < 10_000_000 {
      if case .sleep(let nanoseconds) = backoff.next() { slept += nanoseconds }
    }
    backoff.reset()
    #expect(backoff.next() == .sleep(nanoseconds: min(slept / 8, Backoff.longestSleep / 4)))
    // After short waits it spins again.
    backoff.reset()
    #expect(backoff.next() == .sleep(nanoseconds: Backoff.longestSleep / 4 / 8))
    backoff.reset()
    #expect(backoff.next() == .spin)
    // A reset without a wait changes nothing.
    backoff.reset()
    backoff.reset()
    #expect(backoff.next() == .spin)
  }
}
