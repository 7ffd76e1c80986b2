import Foundation

@testable import SeppoTransport

/// Runs the body on one thread per rank, and returns each rank's result. Blocks no thread of Swift's pool.
///
/// - Parameter endTogether: whether an error on one rank ends the other ranks.
func onRanks<Value: Sendable>(
  _ count: Int, seed: UInt64 = 0, endTogether: Bool = false,
  _ body: @escaping @Sendable (InProcessTransport) throws -> Value
) async -> [Result<Value, any Error>] {
  let network = InProcessNetwork(ranks: count, seed: seed)
  let (outcomes, outcome) = AsyncStream<(rank: Int, result: Result<Value, any Error>)>.makeStream()
  for rank in 0..<count {
    Thread.detachNewThread {
      let result = Result { try body(InProcessTransport(rank: rank, on: network)) }
      if endTogether, case .failure = result { network.abort(InProcessAbort(status: 1, rank: rank)) }
      outcome.yield((rank, result))
    }
  }
  var results: [Int: Result<Value, any Error>] = [:]
  for await (rank, result) in outcomes {
    results[rank] = result
    if results.count == count { break }
  }
  return (0..<count).map { results[$0]! }
}

/// Polls until a message arrives.
func next(_ transport: InProcessTransport) throws -> Message {
  var backoff = Backoff()
  while true {
    if let message = try transport.poll() { return message }
    rest(backoff.next())
  }
}

/// Returns the number of polls until `isDone` is true, or nil if that exceeds the limit.
func polls(atMost limit: Int, _ transport: InProcessTransport, until isDone: (Message?) -> Bool) throws -> Int? {
  for poll in 1...limit where isDone(try transport.poll()) { return poll }
  return nil
}
