import Foundation
import SeppoLaws
import SeppoTesting
import TestSupport
import Testing

/// Each law by its name, on ranks that are threads of this process.
@Suite("Laws on ranks in one process")
struct LawTests {
  /// A part of the names of those that are wanted.
  static let part = ProcessInfo.processInfo.environment["SEPPO_LAW"] ?? ""
  static let laws = allLaws.filter {
    ($0.name.contains(part) || part.isEmpty) && (!$0.isAlone || part.contains("alone"))
  }

  @Test("mapParallel is map", arguments: [8, 5, 3, 2, 1], laws.filter { $0.needsProcess == nil })
  func holds(ranks: Int, law: Law) async throws {
    let result = await Cores.use(ranks: ranks, .computesAsThreads) {
      await onThread(limit: .seconds(90)) { _ = try withRanks(ranks, seed: UInt64(ranks), law.body) }
    }
    do { try result.get() } catch { Issue.record("law '\(law.name)' at \(ranks) ranks: \(error)") }
  }

  @Test("Held under mpirun only", arguments: laws.filter { $0.needsProcess != nil })
  func skips(law: Law) throws {
    print("skipped in one process: \(law.name): \(try #require(law.needsProcess))")
  }
}

extension Law: CustomTestStringConvertible {
  public var testDescription: String { name }
}

/// Runs a body that blocks, on a thread that no task waits for. One that takes too long is left to itself.
private func onThread(
  limit: Duration, _ body: @escaping @Sendable () throws -> Void
) async -> Result<Void, any Error> {
  let (answers, answer) = AsyncStream<Result<Void, any Error>>.makeStream()
  Thread { answer.yield(Result(catching: body)) }.start()
  let watch = Task {
    try await Task.sleep(for: limit)
    answer.yield(.failure(Broken(description: "not done after \(limit)")))
  }
  defer { watch.cancel() }
  return await answers.first { _ in true } ?? .failure(CancellationError())
}
