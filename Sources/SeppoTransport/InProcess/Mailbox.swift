import Synchronization

/// Messages that are on their way to one rank.
///
/// Each is delayed by some looks of the receiver: then those of one rank overtake those of another, but never each other.
/// Looks are counted, not time, so that a receiver that looks sees a message after a bounded number of them.
final class Mailbox: Sendable {
  /// The most looks by which a message is delayed.
  static let longestDelay = 12

  private struct Pair {
    var delays: SeededGenerator
    var messages: [(message: InProcessMessage, due: Int)] = []
    /// The look at which the last message may be found.
    var due = 0
  }

  private struct State {
    var pairs: [Pair]
    var choice: SeededGenerator
    var looks = 0
    var count = 0
  }

  private let state: Mutex<State>

  init(rank: Int, ranks: Int, seed: UInt64) {
    state = Mutex(
      State(
        pairs: (0..<ranks).map { Pair(delays: SeededGenerator(seed, $0, rank)) },
        choice: SeededGenerator(seed, ranks, rank)))
  }

  func put(_ message: InProcessMessage) {
    state.withLock { state in
      let delay = state.pairs[message.source].delays.delay(upTo: Mailbox.longestDelay)
      // Not before those that the same rank sent before.
      let due = max(state.pairs[message.source].due, state.looks + delay)
      state.pairs[message.source].due = due
      state.pairs[message.source].messages.append((message, due))
      state.count += 1
    }
  }

  /// The message that is found at this look, and whether others, or it, are on their way.
  func look() -> (found: InProcessMessage?, areOnTheirWay: Bool) {
    state.withLock { state in
      state.looks += 1
      guard state.count > 0 else { return (nil, false) }
      // The one that has been due for longest: no rank's messages wait for ever for another's.
      var (best, ties) = (-1, 0)
      for (source, pair) in state.pairs.enumerated() {
        guard let due = pair.messages.first?.due, due < state.looks else { continue }
        let bestDue = best < 0 ? Int.max : state.pairs[best].messages[0].due
        if due > bestDue { continue }
        ties = due == bestDue ? ties + 1 : 1
        if state.choice.below(ties) == 0 { best = source }
      }
      guard best >= 0 else { return (nil, true) }
      state.count -= 1
      let message = state.pairs[best].messages.removeFirst().message
      message.take()
      return (message, true)
    }
  }
}
