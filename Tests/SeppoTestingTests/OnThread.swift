import Foundation
import SeppoTesting

/// `withRanks` on a thread of its own: it blocks, and on a thread of Swift's pool it would keep other tests waiting.
func ranks<Value: Sendable>(
  _ count: Int, _ body: @escaping @Sendable () throws -> Value
) async throws -> [Value] {
  try await withCheckedThrowingContinuation { continuation in
    Thread { continuation.resume(with: Result { try withRanks(count, body) }) }.start()
  }
}
