import Synchronization

/// The collective operations. They are matched by their order, and the ranks' arguments are compared.
final class InProcessCollectives: Sendable {
  private struct Round {
    /// The rank that started first, and its operation.
    let rank: Int
    let collective: InProcessError.Collective
    var contributions: [ReceivedBytes?]
    var started = 0
    var finished = 0
    var mismatch: InProcessError?
  }

  private struct State {
    /// The rounds that not all ranks have finished.
    var rounds: [Round] = []
    /// The number of the first one.
    var first = 0
  }

  private let size: Int
  private let state = Mutex(State())

  init(ranks: Int) { size = ranks }

  /// - Parameters:
  ///   - number: the number of operations that this rank has started before.
  ///   - contribution: the rank's bytes for the other ranks.
  func start(
    _ collective: InProcessError.Collective, number: Int, by rank: Int, contributing contribution: ReceivedBytes?
  ) throws {
    try state.withLock { state in
      let index = number - state.first
      if index == state.rounds.count {
        state.rounds.append(
          Round(rank: rank, collective: collective, contributions: Array(repeating: nil, count: size)))
      }
      let first = state.rounds[index]
      if first.collective != collective, first.mismatch == nil {
        state.rounds[index].mismatch = .mismatch(rank: rank, collective, otherRank: first.rank, first.collective)
      }
      try check(state.rounds[index])
      state.rounds[index].started += 1
      state.rounds[index].contributions[rank] = contribution
    }
  }

  private func check(_ round: Round) throws {
    if let mismatch = round.mismatch { throw mismatch }
  }

  /// The contributions so far, and whether all ranks have started the operation.
  func state(of number: Int) throws -> (contributions: [ReceivedBytes?], isComplete: Bool) {
    try state.withLock { state in
      let round = state.rounds[number - state.first]
      try check(round)
      return (round.contributions, round.started == size)
    }
  }

  /// Each rank calls this once, and does not use the operation afterwards.
  func finish(_ number: Int) {
    state.withLock { state in
      state.rounds[number - state.first].finished += 1
      while let round = state.rounds.first, round.finished == size {
        state.rounds.removeFirst()
        state.first += 1
      }
    }
  }
}
