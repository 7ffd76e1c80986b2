import SeppoMPI

/// Runs the body on several ranks in this process, without MPI and `mpirun`, and returns the value of each rank.
///
/// Inside the body, everything works as in `Seppo.run`: `Seppo.rank`, `Seppo.size`, all verbs, `atRoot`, `broadcast`. A
/// unit test can therefore run the same code as a program:
///
/// ```swift
/// import SeppoMPI
/// import SeppoTesting
/// import Testing
///
/// @Test func squares() throws {
///   let sums = try withRanks(4) {
///     try (1...100).mapParallel { $0 * $0 }.reduce(0, +)
///   }
///   #expect(sums == [338_350, 338_350, 338_350, 338_350])
/// }
/// ```
///
/// Each rank is a thread with a large stack, and has its own compute threads. Messages between ranks are delayed and
/// may overtake each other, as far as MPI allows it; the order depends on the seed. Several calls may run at the same
/// time, for example in parallel tests of Swift Testing.
///
/// Three things cannot be tested this way: the death of a rank, signals, and the memory limit of a single rank. The
/// ranks share global variables; under `mpirun` each rank has its own. The thread of the body, the items, and every
/// `Task { }` that they start belong to a rank; a `Thread`, a `Task.detached` or a block on a dispatch queue does not.
/// An item that never returns keeps its thread, and so does `Seppo.exit`.
///
/// - Parameters:
///   - count: The number of ranks, at least 1.
///   - seed: The seed of the message delays.
///   - body: The code that each rank runs.
/// - Returns: The values that the body returned, in rank order.
/// - Throws: The error that left the body, from the lowest rank that threw one; an error that would have ended the job
///   under MPI, such as a stuck item or ranks that made different calls; or ``RankExit`` if a rank called `Seppo.exit`.
///   The calls of the other ranks then end with an error.
public func withRanks<Value: Sendable>(
  _ count: Int, seed: UInt64 = 0, fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column,
  _ body: @escaping @Sendable () throws -> Value
) throws -> [Value] {
  precondition(count > 0, "withRanks(\(count)): the number of ranks must be at least 1")
  let ranks = RankThreads<Value>(count, seed: seed, fileID: fileID, line: line, column: column)
  ranks.start(body)
  return try ranks.join()
}

/// Like the public function, with all calls that fit into it in shared memory, or none.
package func withRanks<Value: Sendable>(
  _ count: Int, seed: UInt64, sharedCalls: SharedCalls.Use, fileID: StaticString = #fileID, line: UInt = #line,
  column: UInt = #column, _ body: @escaping @Sendable () throws -> Value
) throws -> [Value] {
  let ranks = RankThreads<Value>(count, seed: seed, sharedCalls, fileID: fileID, line: line, column: column)
  ranks.start(body)
  return try ranks.join()
}

/// The error that `withRanks` throws after a call of `Seppo.exit`. Under `mpirun`, all ranks would have ended with this
/// status.
public struct RankExit: Error, Equatable, CustomStringConvertible {
  /// The lowest rank that called `Seppo.exit`.
  public let rank: Int
  /// The status that it passed to `Seppo.exit`.
  public let status: Int32

  /// A sentence with the rank and the status.
  public var description: String { "rank \(rank) called Seppo.exit(\(status))" }
}
