import Foundation
import SeppoLaws
import SeppoMPI
import SeppoTesting
import TestSupport
import Testing

/// Tests every law on ranks that are threads of this process.
@Suite("Laws on in-process ranks")
struct LawTests {
  /// Selects the laws with this text in their names; empty selects all.
  static let part = ProcessInfo.processInfo.environment["SEPPO_LAW"] ?? ""
  static let laws = allLaws.filter {
    ($0.name.contains(part) || part.isEmpty) && (!$0.runsOnRequestOnly || part.contains("alone"))
  }

  // At five ranks, with calls in shared memory, below.
  @Test("Every law holds", arguments: [8, 3, 2, 1], laws.filter { $0.needsProcess == nil })
  func holds(ranks: Int, law: Law) async throws { try await expect(law, on: ranks, .automatic) }

  @Test(
    "Every law holds if calls are made in shared memory", arguments: [5],
    laws.filter { $0.needsProcess == nil })
  func holdsInSharedMemory(ranks: Int, law: Law) async throws { try await expect(law, on: ranks, .always) }

  private func expect(_ law: Law, on ranks: Int, _ sharedCalls: SharedCalls.Use) async throws {
    let result = await Cores.use(ranks: ranks, .computesAsThreads) {
      await onThread(limit: .seconds(90)) {
        _ = try withRanks(ranks, seed: UInt64(ranks), sharedCalls: sharedCalls, law.body)
      }
    }
    do { try result.get() } catch { Issue.record("law '\(law.name)' at \(ranks) ranks: \(error)") }
  }

  @Test("These laws run under mpirun only", arguments: laws.filter { $0.needsProcess != nil })
  func skips(law: Law) throws {
    print("skipped on in-process ranks: \(law.name): \(try #require(law.needsProcess))")
  }
}

extension Law: CustomTestStringConvertible {
  public var testDescription: String { name }
}

/// Runs a blocking body on a new thread. After the time limit, the thread is abandoned.
///
/// - Returns: The outcome of the body, or an error after the time limit.
private func onThread(
  limit: Duration, _ body: @escaping @Sendable () throws -> Void
) async -> Result<Void, any Error> {
  let (outcomes, outcome) = AsyncStream<Result<Void, any Error>>.makeStream()
  Thread { outcome.yield(Result(catching: body)) }.start()
  let watch = Task {
    try await Task.sleep(for: limit)
    outcome.yield(.failure(LawError(description: "not finished after \(limit)")))
  }
  defer { watch.cancel() }
  return await outcomes.first { _ in true } ?? .failure(CancellationError())
}
