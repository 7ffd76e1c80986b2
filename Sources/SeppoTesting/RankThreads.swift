import Dispatch
import SeppoMPI
import SeppoProcess
import SeppoTransport
import Synchronization

/// The ranks of one call of `withRanks`, each on its own thread.
final class RankThreads<Value: Sendable>: Sendable {
  private struct State {
    var value: Value?
    /// The first error with which this rank ended the job, or would have ended it under MPI.
    var error: (any Error)?
    var hasEnded = false
  }

  private let network: InProcessNetwork
  private let sharedCalls: SharedCalls.Use?
  private let fileID: StaticString
  private let line: UInt
  private let column: UInt
  private let ranks: Mutex<[State]>
  /// Signalled on every change of a rank's state.
  private let changed = DispatchSemaphore(value: 0)

  /// How long the other ranks run on after the first failure: they may be about to fail in the same way.
  private static var gracePeriod: DispatchTimeInterval { .milliseconds(100) }
  /// How long to wait for the ranks after the abort. A rank that makes no call cannot be stopped; its thread is
  /// abandoned.
  private static var abortTimeout: DispatchTimeInterval { .seconds(5) }

  init(
    _ count: Int, seed: UInt64, _ sharedCalls: SharedCalls.Use? = nil, fileID: StaticString, line: UInt, column: UInt
  ) {
    self.sharedCalls = sharedCalls
    network = InProcessNetwork(ranks: count, seed: seed)
    ranks = Mutex(Array(repeating: State(), count: count))
    self.fileID = fileID
    self.line = line
    self.column = column
  }

  func start(_ body: @escaping @Sendable () throws -> Value) {
    for rank in 0..<network.size {
      do throws(ThreadCreationError) {
        try ComputeThread.startInContext { self.run(rank, body) }
      } catch {
        record(rank, error: error, hasEnded: true)
      }
    }
  }

  private func run(_ rank: Int, _ body: @Sendable () throws -> Value) {
    do {
      let value = try ThreadRank.run(
        on: InProcessTransport(rank: rank, on: network),
        end: ThreadEnd { self.record(rank, error: $0, hasEnded: $1) }, sharedCalls: sharedCalls, fileID: fileID,
        line: line, column: column, body)
      record(rank, value: value, hasEnded: true)
    } catch {
      record(rank, error: error, hasEnded: true)
    }
  }

  private func record(_ rank: Int, value: Value? = nil, error: (any Error)? = nil, hasEnded: Bool) {
    ranks.withLock { ranks in
      ranks[rank].value = value
      ranks[rank].error = ranks[rank].error ?? error
      ranks[rank].hasEnded = ranks[rank].hasEnded || hasEnded
    }
    changed.signal()
  }

  /// Waits until all ranks have ended.
  ///
  /// - Returns: The values of the ranks, in rank order.
  /// - Throws: The error of the lowest rank that failed.
  func join() throws -> [Value] {
    wait(until: .distantFuture) { $0.contains { $0.error != nil } }
    if let failed = ranks.withLock({ $0.firstIndex { $0.error != nil } }) {
      wait(until: .now() + RankThreads.gracePeriod) { _ in false }
      network.abort(InProcessAbort(status: 1, rank: failed))
      wait(until: .now() + RankThreads.abortTimeout) { _ in false }
    }
    return try ranks.withLock { ranks in
      let errors = ranks.enumerated().compactMap { rank, state in state.error.map { (rank, $0) } }
      // An abort is only the consequence of another rank's error.
      guard let (rank, error) = errors.first(where: { !($0.1 is InProcessAbort) }) ?? errors.first else {
        return ranks.compactMap(\.value)
      }
      if let exit = error as? ThreadExit { throw RankExit(rank: rank, status: exit.status) }
      throw error
    }
  }

  /// Waits until all ranks have ended, the condition is true, or the deadline has passed.
  private func wait(until deadline: DispatchTime, or condition: ([State]) -> Bool) {
    while !ranks.withLock({ ranks in ranks.allSatisfy(\.hasEnded) || condition(ranks) }) {
      if changed.wait(timeout: deadline) == .timedOut { return }
    }
  }
}
