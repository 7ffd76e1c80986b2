/// How long to wait between two looks at MPI: a short spin, then yields, then sleeps that grow.
///
/// Open MPI's blocking calls poll without a pause and burn a core each; ranks that outnumber the cores then run against
/// each other. Where one wait was long the next one is likely to be, and begins with a sleep: spinning after every message
/// of a rank that computes for milliseconds takes a few per cent of a core. Pure: it says what to do, the caller does it.
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
  /// But for a wait that is longer than any usual item: an idle rank should cost next to nothing.
  package static let longestSleep = 2_000_000
  package static let longestIdleSleep = 6_000_000
  /// A wait from this length on is long, in nanoseconds.
  package static let long = 400_000
  /// After a long wait, the next one's first sleep is this part of it.
  package static let part = 8

  private var looks = 0
  /// Sleeps of this wait together.
  private var slept = 0
  private var sleep = Backoff.shortestSleep
  private var isPatient = false

  package init() {}

  /// To be called when something came.
  package mutating func reset() {
    guard looks > 0 else { return }
    isPatient = slept >= Backoff.long
    sleep =
      isPatient
      ? min(max(slept / Backoff.part, Backoff.shortestSleep), Backoff.longestSleep / 4) : Backoff.shortestSleep
    looks = 0
    slept = 0
  }

  package mutating func next() -> Pause {
    looks += 1
    if !isPatient {
      if looks <= Backoff.spins { return .spin }
      if looks <= Backoff.spins + Backoff.yields { return .yield }
    }
    // Twice as long: what comes is seen, at the worst, twice as late as it came.
    defer { sleep = min(sleep * 2, max(Backoff.longestSleep, min(slept / 16, Backoff.longestIdleSleep))) }
    slept += sleep
    return .sleep(nanoseconds: sleep)
  }
}
