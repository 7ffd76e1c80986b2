import Foundation
import SeppoLaws
import Testing

/// Each law by its name, on ranks that are threads of this process.
///
/// SEPPO_LAW names, by a part of their names, those that are to be held; `Laws` holds them under mpirun.
@Suite("Laws on ranks in one process")
struct LawTests {
  static let part = ProcessInfo.processInfo.environment["SEPPO_LAW"] ?? ""
  static let laws = allLaws.filter { part.isEmpty ? !$0.isAlone : $0.name.contains(part) }

  @Test("mapParallel is map", arguments: [8, 5, 3, 2, 1], laws.filter { $0.needsProcess == nil })
  func holds(ranks: Int, law: Law) async throws {
    await Turns.shared.take()
    let result = await onOwnThread { _ = try withRanks(ranks, seed: UInt64(ranks), law.body) }
    await Turns.shared.giveBack()
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

/// Runs what blocks its thread, and what it does is to sleep, mostly: on a thread of the pool it would keep tasks waiting.
private func onOwnThread(_ body: @escaping @Sendable () throws -> Void) async -> Result<Void, any Error> {
  await withCheckedContinuation { continuation in
    Thread { continuation.resume(returning: Result(catching: body)) }.start()
  }
}

/// Few jobs at a time, so that each has enough of the cores for what it measures.
private actor Turns {
  static let shared = Turns()

  private var free = 4
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func take() async {
    if free > 0 { free -= 1 } else { await withCheckedContinuation { waiting.append($0) } }
  }

  func giveBack() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
