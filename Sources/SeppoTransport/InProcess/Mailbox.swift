import Synchronization

/// Messages in flight to one rank.
///
/// Each is delayed by some polls of the receiver, so that messages from different ranks may overtake each other, but
/// never those from the same rank. The delay counts polls, not time, so a receiver gets a message after a bounded
/// number of polls.
final class Mailbox: Sendable {
  /// Maximum delay of a message, in polls.
  static let longestDelay = 12

  private struct Pair {
    var delays: SeededGenerator
    var messages: [(message: InProcessMessage, due: Int)] = []
    /// The poll at which the last message becomes available.
    var due = 0
  }

  private struct State {
    var pairs: [Pair]
    var choice: SeededGenerator
    var polls = 0
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
      // Not before the earlier messages from the same rank.
      let due = max(state.pairs[message.source].due, state.polls + delay)
      state.pairs[message.source].due = due
      state.pairs[message.source].messages.append((message, due))
      state.count += 1
    }
  }

  /// Returns the message that is available at this poll, if any, and whether any message was in flight.
  func poll() -> (found: InProcessMessage?, isBusy: Bool) {
    state.withLock { state in
      state.polls += 1
      guard state.count > 0 else { return (nil, false) }
      // The message that has been due longest, so that no rank's messages starve.
      var (best, ties) = (-1, 0)
      for (source, pair) in state.pairs.enumerated() {
        guard let due = pair.messages.first?.due, due < state.polls else { continue }
        let bestDue = best < 0 ? Int.max : state.pairs[best].messages[0].due
        if due > bestDue { continue }
        ties = due == bestDue ? ties + 1 : 1
        if state.choice.below(ties) == 0 { best = source }
      }
      guard best >= 0 else { return (nil, true) }
      state.count -= 1
      let message = state.pairs[best].messages.removeFirst().message
      message.markReceived()
      return (message, true)
    }
  }
}
