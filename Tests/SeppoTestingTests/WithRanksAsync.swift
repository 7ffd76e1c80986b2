import Foundation
import SeppoTesting

/// Calls `withRanks` on a new thread. It blocks, so on a thread of Swift's pool it would delay other tests.
func withRanksAsync<Value: Sendable>(
  _ count: Int, _ body: @escaping @Sendable () throws -> Value
) async throws -> [Value] {
  try await withCheckedThrowingContinuation { continuation in
    Thread { continuation.resume(with: Result { try withRanks(count, body) }) }.start()
  }
}
