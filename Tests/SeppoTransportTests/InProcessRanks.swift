import Foundation

@testable import SeppoTransport

/// Runs the body on one thread for each rank, and returns the outcome of each. No thread of Swift's pool waits.
///
/// - Parameter endTogether: whether an error on one rank ends the others.
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

/// Looks until a message comes.
func next(_ transport: InProcessTransport) throws -> Message {
  var backoff = Backoff()
  while true {
    if let message = try transport.poll() { return message }
    rest(backoff.next())
  }
}

/// Looks after which `isDone` is true; nil where it isn't within the limit.
func looks(atMost limit: Int, _ transport: InProcessTransport, until isDone: (Message?) -> Bool) throws -> Int? {
  for look in 1...limit where isDone(try transport.poll()) { return look }
  return nil
}
