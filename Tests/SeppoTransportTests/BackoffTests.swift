import Testing

@testable import SeppoTransport

@Suite("Waiting")
struct BackoffTests {
  @Test("Spins, then yields, then sleeps that grow to a limit")
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
    #expect(sleeps.last == Backoff.longestSleep)
  }

  @Test("Begins again when something came: spins, and later the shortest sleep")
  func reset() {
    var backoff = Backoff()
    for _ in 0..<500 { _ = backoff.next() }
    backoff.reset()
    var fresh = Backoff()
    for _ in 0..<500 { #expect(backoff.next() == fresh.next()) }
  }
}
