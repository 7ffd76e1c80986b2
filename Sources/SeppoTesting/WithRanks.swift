/// Runs the body as a number of ranks in this process, without MPI and `mpirun`, and returns what each rank returned.
///
/// In the body everything is as in `Seppo.run`: `Seppo.rank`, `Seppo.size`, all verbs, `atRoot`, `broadcast`. So a unit test
/// can run what a program runs:
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
/// Each rank is a thread with a large stack, and has compute threads of its own. Messages between the ranks are delayed, and
/// overtake each other, as MPI lets them; another seed gives another order. Several calls may run at the same time, as Swift
/// Testing's tests do.
///
/// Not shown are a rank's death, signals and memory limits of single ranks. Global variables are shared by the ranks, which
/// under `mpirun` have their own. The body's own thread, its items, and each `Task { }` that these start belong
/// to a rank: a `Thread`, a `Task.detached` or a block on a dispatch queue does not. An item that never returns, and `Seppo.exit`, leave their threads behind.
///
/// - Parameters:
///   - count: number of ranks, 1 or more.
///   - seed: decides how messages are delayed.
///   - body: what each rank runs.
/// - Returns: what the body returned on each rank, rank 0's first.
/// - Throws: the error that left the body, of the lowest rank where it left several; what would have ended the job under MPI,
///   as a stuck item or ranks that made different calls; ``RankExit`` where every rank called `Seppo.exit` with the same status. The other ranks'
///   calls end with an error then.
public func withRanks<Value: Sendable>(
  _ count: Int, seed: UInt64 = 0, fileID: StaticString = #fileID, line: UInt = #line, column: UInt = #column,
  _ body: @escaping @Sendable () throws -> Value
) throws -> [Value] {
  precondition(count > 0, "withRanks(\(count)): it needs at least one rank")
  let ranks = RankThreads<Value>(count, seed: seed, fileID: fileID, line: line, column: column)
  ranks.start(body)
  return try ranks.join()
}

/// `Seppo.exit` was called within `withRanks`: under `mpirun` it would have ended all ranks with this status.
public struct RankExit: Error, Equatable, CustomStringConvertible {
  /// The lowest rank that called it.
  public let rank: Int
  public let status: Int32

  public var description: String { "rank \(rank) called Seppo.exit(\(status))" }
}
