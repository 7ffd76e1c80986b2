import Dispatch
import SeppoMPI
import SeppoProcess
import SeppoTransport
import Synchronization

/// The ranks of one call of `withRanks`, each on its own thread.
final class RankThreads<Value: Sendable>: Sendable {
  private struct Rank {
    var value: Value?
    /// The first error that it ended, or would have ended the job with.
    var error: (any Error)?
    var hasEnded = false
  }

  private let network: InProcessNetwork
  private let fileID: StaticString
  private let line: UInt
  private let column: UInt
  private let ranks: Mutex<[Rank]>
  /// Signalled whenever something of a rank has changed.
  private let changed = DispatchSemaphore(value: 0)

  /// Where one rank has failed, the others may be about to fail in the same way: they are given this time.
  private static var togetherPatience: DispatchTimeInterval { .milliseconds(100) }
  /// A rank that makes no call can't be ended, and is left behind after this time.
  private static var lastPatience: DispatchTimeInterval { .seconds(5) }

  init(_ count: Int, seed: UInt64, fileID: StaticString, line: UInt, column: UInt) {
    network = InProcessNetwork(ranks: count, seed: seed)
    ranks = Mutex(Array(repeating: Rank(), count: count))
    self.fileID = fileID
    self.line = line
    self.column = column
  }

  func start(_ body: @escaping @Sendable () throws -> Value) {
    for rank in 0..<network.size {
      do throws(NoThread) {
        let context = CallersContext { self.run(rank, body) }
        try ComputeThread.start { context.run() }
      } catch {
        note(rank, error: error, hasEnded: true)
      }
    }
  }

  private func run(_ rank: Int, _ body: @Sendable () throws -> Value) {
    do {
      let value = try ThreadRank.run(
        on: InProcessTransport(rank: rank, on: network),
        end: ThreadEnd { self.note(rank, error: $0, hasEnded: $1) }, fileID: fileID, line: line, column: column, body)
      note(rank, value: value, hasEnded: true)
    } catch {
      note(rank, error: error, hasEnded: true)
    }
  }

  private func note(_ rank: Int, value: Value? = nil, error: (any Error)? = nil, hasEnded: Bool) {
    ranks.withLock { ranks in
      ranks[rank].value = value
      ranks[rank].error = ranks[rank].error ?? error
      ranks[rank].hasEnded = ranks[rank].hasEnded || hasEnded
    }
    changed.signal()
  }

  /// Waits until all ranks have ended.
  ///
  /// - Throws: the lowest rank's error.
  func join() throws -> [Value] {
    wait(until: .distantFuture) { $0.contains { $0.error != nil } }
    if let failed = ranks.withLock({ $0.firstIndex { $0.error != nil } }) {
      wait(until: .now() + RankThreads.togetherPatience) { _ in false }
      network.abort(InProcessAbort(status: 1, rank: failed))
      wait(until: .now() + RankThreads.lastPatience) { _ in false }
    }
    return try ranks.withLock { ranks in
      let errors = ranks.enumerated().compactMap { rank, state in state.error.map { (rank, $0) } }
      // An error that followed from another rank's is none of its own.
      guard let (rank, error) = errors.first(where: { !($0.1 is InProcessAbort) }) ?? errors.first else {
        return ranks.compactMap(\.value)
      }
      if let exit = error as? ThreadExit { throw RankExit(rank: rank, status: exit.status) }
      throw error
    }
  }

  /// Waits until all ranks have ended, or that, or that time.
  private func wait(until time: DispatchTime, or isEnough: ([Rank]) -> Bool) {
    while !ranks.withLock({ ranks in ranks.allSatisfy(\.hasEnded) || isEnough(ranks) }) {
      if changed.wait(timeout: time) == .timedOut { return }
    }
  }
}
