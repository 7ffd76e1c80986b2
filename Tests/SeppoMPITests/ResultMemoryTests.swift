import Synchronization
import Testing

@testable import SeppoMPI
@testable import SeppoProcess

@Suite("The memory for results")
struct ResultMemoryTests {
  /// A machine whose memory the test consumes.
  private final class Machine: Sendable {
    let available: Atomic<Int>
    let checks = Atomic<Int>(0)

    init(megabytes: Int) { available = Atomic(megabytes << 20) }

    func take(_ bytes: Int) { available.subtract(bytes, ordering: .relaxed) }

    var limits: MemoryLimits {
      MemoryLimits(
        read: { [self] path in
          guard path == "/proc/meminfo" else { return nil }
          checks.add(1, ordering: .relaxed)
          return "MemAvailable: \(available.load(ordering: .relaxed) >> 10) kB\n"
        }, variable: { _ in nil }, addressSpace: { nil })
    }
  }

  /// Adds results one by one until a shortage is found.
  ///
  /// - Parameters:
  ///   - count: the maximum number of results.
  ///   - bytes: the encoded size of a result.
  ///   - taking: the memory that a result takes, in bytes.
  /// - Returns: the number of results before the shortage, and the shortage.
  private func fill(
    _ memory: inout ResultMemory, _ machine: Machine, count: Int, bytes: Int, taking: Int
  ) -> (added: Int, shortage: MemoryShortage?) {
    for item in 0..<count {
      if let shortage = memory.add(1, bytes: bytes) { return (item, shortage) }
      machine.take(taking)
    }
    return (count, nil)
  }

  @Test(
    "If the size of results is known, a shortage is found before anything is computed",
    arguments: [(8, 100_000_000), (1, Int.max), (Int.max, Int.max)])
  func atStart(_ stride: Int, _ count: Int) {
    let limits = Machine(megabytes: 700).limits
    let needed = count.times(stride)
    #expect(
      ResultMemory(count: count, stride: stride, limits: limits).shortageAtStart()
        == MemoryShortage(needed: needed, available: 668 << 20, limit: "this machine's memory", ranks: 1))
    #expect(ResultMemory(count: 1_000_000, stride: 8, limits: limits).shortageAtStart() == nil)
  }

  @Test("If all ranks of a machine get the results, they share its memory")
  func together() {
    let limits = Machine(megabytes: 1000).limits
    let alone = ResultMemory(count: 50_000_000, stride: 8, limits: limits)
    #expect(alone.shortageAtStart() == nil && alone.shortageOfCopies(50_000_000) == nil)
    let three = ResultMemory(count: 50_000_000, stride: 8, others: 2, limits: limits)
    #expect(three.shortageAtStart()?.needed == 1_200_000_000)
    #expect(three.shortageAtStart()?.ranks == 3)
    // Rank 0 has its results by then.
    #expect(three.shortageOfCopies(50_000_000) == nil)
    #expect(ResultMemory(count: 50_000_000, stride: 8, others: 3, limits: limits).shortageOfCopies(50_000_000) != nil)
  }

  @Test("A shortage is found in time if results are too large", arguments: [1 << 10, 1 << 20, 20 << 20])
  func grow(_ bytes: Int) throws {
    let machine = Machine(megabytes: 2000)
    let count = (4000 << 20) / bytes
    var memory = ResultMemory(count: count, stride: 8, limits: machine.limits)
    let (added, shortage) = fill(&memory, machine, count: count, bytes: bytes, taking: bytes)
    let missing = try #require(shortage)
    #expect((3960...4000).contains(missing.needed >> 20))
    // Neither too early nor too late.
    #expect(missing.available > 100 << 20 && missing.available < 300 << 20)
    #expect(added * bytes > 1700 << 20)
  }

  @Test("Results that fit are never refused, however little memory remains", arguments: [1 << 10, 1 << 20, 20 << 20])
  func fit(_ bytes: Int) {
    let machine = Machine(megabytes: 2000)
    let count = (1980 << 20) / bytes
    var memory = ResultMemory(count: count, stride: 8, limits: machine.limits)
    #expect(fill(&memory, machine, count: count, bytes: bytes, taking: bytes).shortage == nil)
    // Other processes may hold nearly all of it.
    machine.available.store(10 << 20, ordering: .relaxed)
    memory = ResultMemory(count: 9, stride: 8, limits: machine.limits)
    #expect(fill(&memory, machine, count: 9, bytes: 1 << 20, taking: 1 << 20).shortage == nil)
  }

  @Test("A shortage for the other ranks' copies is found as soon as it is certain")
  func copies() throws {
    let machine = Machine(megabytes: 1000)
    var memory = ResultMemory(count: 400, stride: 8, others: 3, limits: machine.limits)
    let (added, shortage) = fill(&memory, machine, count: 400, bytes: 1 << 20, taking: 1 << 20)
    #expect((250...310).contains(added))
    #expect(try #require(shortage).ranks == 4)
    #expect(try #require(shortage).needed >> 20 == 1599)
  }

  @Test("Checks are rare if much memory is available")
  func checks() {
    let machine = Machine(megabytes: 1 << 20)
    var memory = ResultMemory(count: 1 << 20, stride: 8, limits: machine.limits)
    _ = fill(&memory, machine, count: 1000, bytes: 1 << 20, taking: 1 << 20)
    #expect((10...20).contains(machine.checks.load(ordering: .relaxed)))
    // There are no checks for small results.
    machine.checks.store(0, ordering: .relaxed)
    memory = ResultMemory(count: 1 << 20, stride: 8, limits: machine.limits)
    #expect(memory.shortageAtStart() == nil)
    _ = fill(&memory, machine, count: 1000, bytes: 1 << 12, taking: 0)
    #expect(machine.checks.load(ordering: .relaxed) == 0)
  }

  @Test("The size of the values themselves is counted once")
  func inline() {
    #expect(ResultMemory.contents(1000, 100, 8) == 0)
    #expect(ResultMemory.contents(1 << 20, 1, 8) == (1 << 20) - 16)
    #expect(ResultMemory.contents(1, .max, .max) == 0)
  }
}
