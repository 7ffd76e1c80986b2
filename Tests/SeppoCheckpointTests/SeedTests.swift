import SeppoCheckpoint
import SeppoMPI
import SeppoTesting
import Synchronization
import Testing

@Suite("Random numbers and a checkpoint")
struct SeedTests {
  let folder = try! TemporaryFolder()

  private struct Interrupted: Error {}

  private final class Counter: Sendable {
    let count = Atomic<Int>(0)
  }

  /// Runs a job of two ranks.
  ///
  /// - Parameter interrupts: whether the items at the end throw.
  /// - Returns: the numbers of a job that isn't interrupted, and how many items were computed.
  private func job(
    _ items: [Int], seed: Int, _ resume: Checkpoint.Resume = .whole, interrupts: Bool = false
  ) throws -> (numbers: [UInt64], computed: Int) {
    let path = folder.file()
    let computed = Counter()
    let numbers = try withRanks(2) {
      try items.parallel(checkpoint: .sqlite(path, label: "seeds", resume: resume), seed: seed).map { item, random in
        if interrupts, item >= 30 { throw Interrupted() }
        computed.count.add(1, ordering: .relaxed)
        return random.next()
      }
    }
    return (numbers[0], computed.count.load(ordering: .relaxed))
  }

  private func expected(_ count: Int, seed: Int) -> [UInt64] {
    (0..<count).map { item in
      var random = ItemRandom(seed: seed, item: item)
      return random.next()
    }
  }

  @Test("They are the same after a resume; another seed is refused")
  func resume() throws {
    let items = Array(0..<40)
    #expect(throws: SeppoError.self) { try job(items, seed: 5, interrupts: true) }
    let error = #expect(throws: SeppoError.self) { try job(items, seed: 6) }
    guard case .checkpoint = error else { throw try #require(error) }
    let (numbers, computed) = try job(items, seed: 5)
    #expect(numbers == expected(40, seed: 5))
    #expect(computed <= 10)
  }

  @Test("An item that has moved is computed again, because its index is another one")
  func moved() throws {
    _ = try job(Array(0..<20), seed: 5, .perItem)
    let (numbers, computed) = try job([99] + Array(0..<20), seed: 5, .perItem)
    #expect(numbers == expected(21, seed: 5) && computed == 21)
    let (others, all) = try job([99] + Array(0..<20), seed: 6, .perItem)
    #expect(others == expected(21, seed: 6) && all == 21)
    let (again, none) = try job([99] + Array(0..<20), seed: 6, .perItem)
    #expect(again == others && none == 0)
  }
}
