import Dispatch
import Synchronization

/// Runs the body in a task of the calling rank, and waits for its end.
func inTask<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
  let outcome = Outcome<Value>()
  let end = DispatchSemaphore(value: 0)
  Task {
    do {
      let value = try await body()
      outcome.set(.success(value))
    } catch {
      outcome.set(.failure(error))
    }
    end.signal()
  }
  end.wait()
  return try outcome.get()
}

private final class Outcome<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, any Error>?>(nil)

  func set(_ new: Result<Value, any Error>) { result.withLock { $0 = new } }
  func get() throws -> Value { try result.withLock { $0! }.get() }
}

/// A result, and the index of its item.
struct IndexedValue<Value: Sendable>: Sendable {
  let index: Int
  let value: Value
}

/// Returns all results of an asynchronous sequence.
func collect<Results: AsyncSequence, Value: Sendable>(
  _ results: Results
) async throws -> [IndexedValue<Value>] where Results.Element == (index: Int, result: Value) {
  var all: [IndexedValue<Value>] = []
  for try await (index, value) in results { all.append(IndexedValue(index: index, value: value)) }
  return all
}

/// A counter that all in-process ranks share.
final class SharedCount: Sendable {
  private let count = Atomic<Int>(0)

  /// Returns the count before.
  @discardableResult
  func add() -> Int { count.add(1, ordering: .relaxed).oldValue }
  var value: Int { count.load(ordering: .relaxed) }
}
