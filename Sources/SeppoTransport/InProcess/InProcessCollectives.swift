import Synchronization

/// Operations that all ranks do together. They are matched by their order, and what each rank says of them is compared.
final class InProcessCollectives: Sendable {
  private struct Round {
    /// The rank that came first, and what it said.
    let rank: Int
    let collective: InProcessError.Collective
    var gifts: [ReceivedBytes?]
    var begun = 0
    var finished = 0
    var mismatch: InProcessError?
  }

  private struct State {
    /// Those in which a rank is, or is still to come.
    var rounds: [Round] = []
    /// The number of the first of them.
    var first = 0
  }

  private let size: Int
  private let state = Mutex(State())

  init(ranks: Int) { size = ranks }

  /// - Parameters:
  ///   - number: how often this rank has begun one before.
  ///   - gift: what it gives to the others.
  func begin(_ collective: InProcessError.Collective, number: Int, by rank: Int, giving gift: ReceivedBytes?) throws {
    try state.withLock { state in
      let index = number - state.first
      if index == state.rounds.count {
        state.rounds.append(Round(rank: rank, collective: collective, gifts: Array(repeating: nil, count: size)))
      }
      let first = state.rounds[index]
      if first.collective != collective, first.mismatch == nil {
        state.rounds[index].mismatch = .mismatch(rank: rank, collective, otherRank: first.rank, first.collective)
      }
      try check(state.rounds[index])
      state.rounds[index].begun += 1
      state.rounds[index].gifts[rank] = gift
    }
  }

  private func check(_ round: Round) throws {
    if let mismatch = round.mismatch { throw mismatch }
  }

  /// What each rank has given so far, and whether all have begun it.
  func look(at number: Int) throws -> (gifts: [ReceivedBytes?], isComplete: Bool) {
    try state.withLock { state in
      let round = state.rounds[number - state.first]
      try check(round)
      return (round.gifts, round.begun == size)
    }
  }

  /// To be called once by each rank, which looks at it no more.
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
