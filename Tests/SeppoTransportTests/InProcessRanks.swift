import Foundation
import Synchronization

@testable import SeppoTransport

/// Runs the body on one thread for each rank, and gives what came of each.
///
/// - Parameter endTogether: whether an error on one rank ends the others.
func onRanks<Value: Sendable>(
  _ count: Int, seed: UInt64 = 0, endTogether: Bool = false,
  _ body: @escaping @Sendable (InProcessTransport) throws -> Value
) -> [Result<Value, any Error>] {
  let network = InProcessNetwork(ranks: count, seed: seed)
  let results = Mutex<[Int: Result<Value, any Error>]>([:])
  let left = DispatchSemaphore(value: 0)
  for rank in 0..<count {
    Thread.detachNewThread {
      let result = Result { try body(InProcessTransport(rank: rank, on: network)) }
      if endTogether, case .failure = result { network.abort(InProcessAbort(status: 1, rank: rank)) }
      results.withLock { $0[rank] = result }
      left.signal()
    }
  }
  for _ in 0..<count { left.wait() }
  return results.withLock { results in (0..<count).map { results[$0]! } }
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
