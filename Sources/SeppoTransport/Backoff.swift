/// The pauses between two polls of MPI: a short spin, then yields, then sleeps of increasing length.
///
/// Open MPI's blocking calls poll without a pause and occupy a core each, so ranks that outnumber the cores slow each
/// other down. After a long wait the next wait is likely to be long too, and starts with a sleep: spinning after every
/// message of a rank that computes for milliseconds takes a few per cent of a core. Pure: it returns a pause, and the
/// caller makes it.
package struct Backoff: Sendable {
  /// What to do before the next poll.
  package enum Pause: Equatable, Sendable {
    case spin
    case yield
    case sleep(nanoseconds: Int)
  }

  /// Number of polls without a pause, while a reply is likely to arrive soon.
  package static let spins = 30
  /// Number of polls, after the spins, that are each followed by a yield to other threads.
  package static let yields = 60
  /// In nanoseconds, as are all lengths of sleeps.
  package static let shortestSleep = 20_000
  package static let longestSleep = 2_000_000
  /// The limit in a wait that is longer than any usual item: an idle rank should cost almost nothing.
  package static let longestIdleSleep = 6_000_000
  /// The minimum length of a long wait, in nanoseconds.
  package static let longWait = 400_000
  /// After a long wait, the first sleep of the next one is the length of that wait divided by this.
  package static let firstSleepDivisor = 8

  private var polls = 0
  /// Total sleep in this wait, in nanoseconds.
  private var slept = 0
  private var sleep = Backoff.shortestSleep
  private var startsWithSleep = false

  package init() {}

  /// Call this when a message has arrived.
  package mutating func reset() {
    guard polls > 0 else { return }
    startsWithSleep = slept >= Backoff.longWait
    sleep =
      startsWithSleep
      ? min(max(slept / Backoff.firstSleepDivisor, Backoff.shortestSleep), Backoff.longestSleep / 4)
      : Backoff.shortestSleep
    polls = 0
    slept = 0
  }

  package mutating func next() -> Pause {
    polls += 1
    if !startsWithSleep {
      if polls <= Backoff.spins { return .spin }
      if polls <= Backoff.spins + Backoff.yields { return .yield }
    }
    // Doubling bounds the delay: at worst a message is seen after twice the time it took to arrive.
    defer { sleep = min(sleep * 2, max(Backoff.longestSleep, min(slept / 16, Backoff.longestIdleSleep))) }
    slept += sleep
    return .sleep(nanoseconds: sleep)
  }
}
