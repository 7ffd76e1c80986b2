/// How long to wait between two looks at MPI: a short spin, then yields, then sleeps that grow.
///
/// Open MPI's blocking calls poll without a pause and burn a core each; ranks that outnumber the cores then run against
/// each other. Pure: it says what to do, the caller does it.
package struct Backoff: Sendable {
  /// What to do before the next look.
  package enum Pause: Equatable, Sendable {
    case spin
    case yield
    case sleep(nanoseconds: Int)
  }

  /// Looks without a pause, while an answer is likely to be on its way.
  package static let spins = 30
  /// Looks after which another thread of this core may run.
  package static let yields = 60
  package static let shortestSleep = 20_000
  package static let longestSleep = 2_000_000

  private var looks = 0
  private var sleep = Backoff.shortestSleep

  package init() {}

  /// To be called when something came in: what follows is likely to be near.
  package mutating func reset() {
    looks = 0
    sleep = Backoff.shortestSleep
  }

  package mutating func next() -> Pause {
    looks += 1
    if looks <= Backoff.spins { return .spin }
    if looks <= Backoff.spins + Backoff.yields { return .yield }
    // Each a quarter longer than the last: what comes is never seen later than a quarter of the time it took to come.
    defer { sleep = min(sleep * 5 / 4, Backoff.longestSleep) }
    return .sleep(nanoseconds: sleep)
  }
}
