import SeppoProcess
import SeppoTransport

/// How often a rank looks at its messages in a call that is made in shared memory, and how it waits.
struct SharedPace {
  private let job: Job
  /// How long to wait without a sleep, in nanoseconds.
  private let patience: Int
  /// When the wait began; 0 before it.
  private var began = 0
  private var looks = 1

  /// The number of looks at the shared memory for each look at the messages, which takes longer.
  private static let looksPerTurn = 8
  /// The time between two turns while chunks are computed, in nanoseconds.
  private static let interval = 1_000_000
  /// How long to wait without leaving the core to other threads, in nanoseconds, if there are enough cores.
  private static let spinTime = 3_000
  private static let leastPatience = 100_000
  private static let mostPatience = 2_000_000

  /// - Parameter item: the expected time of an item, in nanoseconds. The wait for an item that another rank computes is not
  ///   much longer.
  init(_ job: Job, item: Int) {
    self.job = job
    patience = min(max(SharedPace.leastPatience, item.times(3)), SharedPace.mostPatience)
  }

  /// Whether messages are due while there is nothing to compute.
  var isTurnDue: Bool { looks % SharedPace.looksPerTurn == 0 }

  /// Whether messages are due after a chunk.
  var isTurnDueAfterChunk: Bool {
    let now = monotonicNanoseconds()
    guard now - job.sharedCalls.lastTurn >= SharedPace.interval else { return false }
    job.sharedCalls.lastTurn = now
    return true
  }

  /// How long this rank has waited, in nanoseconds.
  private(set) var waited = 0

  /// Ends the wait: there was something to compute.
  mutating func reset() {
    began = 0
    looks = 1
  }

  /// Waits a moment for the other ranks.
  mutating func pause() {
    looks += 1
    let now = monotonicNanoseconds()
    if began == 0 { began = now }
    waited = now - began
    if waited < SharedPace.spinTime, !job.isCrowded { return }
    if waited < patience { return rest(.yield) }
    rest(
      .sleep(nanoseconds: min(max(waited / Backoff.firstSleepDivisor, Backoff.shortestSleep), Backoff.longestSleep))
    )
    // Messages are due after a sleep.
    looks = 0
  }
}
