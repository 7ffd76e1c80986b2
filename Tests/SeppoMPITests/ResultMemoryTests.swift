import Synchronization
import Testing

@testable import SeppoMPI
@testable import SeppoProcess

@Suite("ResultMemory")
struct ResultMemoryTests {
  /// A machine whose memory the test takes.
  private final class Machine: Sendable {
    let available: Atomic<Int>
    let looks = Atomic<Int>(0)

    init(megabytes: Int) { available = Atomic(megabytes << 20) }

    func take(_ bytes: Int) { available.subtract(bytes, ordering: .relaxed) }

    var limits: MemoryLimits {
      MemoryLimits(
        read: { [self] path in
          guard path == "/proc/meminfo" else { return nil }
          looks.add(1, ordering: .relaxed)
          return "MemAvailable: \(available.load(ordering: .relaxed) >> 10) kB\n"
        }, variable: { _ in nil }, addressSpace: { nil })
    }
  }

  /// Results of so many bytes come one by one until the rest can't follow.
  ///
  /// - Returns: how many came, and what is missing then.
  private func fill(
    _ memory: inout ResultMemory, _ machine: Machine, count: Int, bytes: Int, taking: Int
  ) -> (came: Int, shortage: MemoryShortage?) {
    for item in 0..<count {
      if let shortage = memory.came(1, bytes: bytes) { return (item, shortage) }
      machine.take(taking)
    }
    return (count, nil)
  }

  @Test(
    "Results whose size is known are refused at once", arguments: [(8, 100_000_000), (1, Int.max), (Int.max, Int.max)])
  func atStart(_ stride: Int, _ count: Int) {
    let limits = Machine(megabytes: 700).limits
    let needed = count.times(stride)
    #expect(
      ResultMemory(count: count, stride: stride, limits: limits).shortageAtStart()
        == MemoryShortage(needed: needed, available: 668 << 20, limit: "this machine's memory", ranks: 1))
    #expect(ResultMemory(count: 1_000_000, stride: 8, limits: limits).shortageAtStart() == nil)
  }

  @Test("Where every rank of the machine gets them, they are held together against its memory")
  func together() {
    let limits = Machine(megabytes: 1000).limits
    let alone = ResultMemory(count: 50_000_000, stride: 8, limits: limits)
    #expect(alone.shortageAtStart() == nil && alone.shortageOfCopies(50_000_000) == nil)
    let three = ResultMemory(count: 50_000_000, stride: 8, others: 2, limits: limits)
    #expect(three.shortageAtStart()?.needed == 1_200_000_000)
    #expect(three.shortageAtStart()?.ranks == 3)
    // Rank 0's are there by then.
    #expect(three.shortageOfCopies(50_000_000) == nil)
    #expect(ResultMemory(count: 50_000_000, stride: 8, others: 3, limits: limits).shortageOfCopies(50_000_000) != nil)
  }

  @Test("Results that grow too large are found out in time", arguments: [1 << 10, 1 << 20, 20 << 20])
  func grow(_ bytes: Int) throws {
    let machine = Machine(megabytes: 2000)
    let count = (4000 << 20) / bytes
    var memory = ResultMemory(count: count, stride: 8, limits: machine.limits)
    let (came, shortage) = fill(&memory, machine, count: count, bytes: bytes, taking: bytes)
    let missing = try #require(shortage)
    #expect((3960...4000).contains(missing.needed >> 20))
    // Not before it is needed, and not when it is too late.
    #expect(missing.available > 100 << 20 && missing.available < 300 << 20)
    #expect(came * bytes > 1700 << 20)
  }

  @Test("Results that fit are never refused, however little remains", arguments: [1 << 10, 1 << 20, 20 << 20])
  func fit(_ bytes: Int) {
    let machine = Machine(megabytes: 2000)
    let count = (1980 << 20) / bytes
    var memory = ResultMemory(count: count, stride: 8, limits: machine.limits)
    #expect(fill(&memory, machine, count: count, bytes: bytes, taking: bytes).shortage == nil)
    // Others may hold nearly all.
    machine.available.store(10 << 20, ordering: .relaxed)
    memory = ResultMemory(count: 9, stride: 8, limits: machine.limits)
    #expect(fill(&memory, machine, count: 9, bytes: 1 << 20, taking: 1 << 20).shortage == nil)
  }

  @Test("Copies for the other ranks that can't be held end the map as soon as that is certain")
  func copies() throws {
    let machine = Machine(megabytes: 1000)
    var memory = ResultMemory(count: 400, stride: 8, others: 3, limits: machine.limits)
    let (came, shortage) = fill(&memory, machine, count: 400, bytes: 1 << 20, taking: 1 << 20)
    #expect((250...310).contains(came))
    #expect(try #require(shortage).ranks == 4)
    #expect(try #require(shortage).needed >> 20 == 1599)
  }

  @Test("It is looked rarely where there is much")
  func looks() {
    let machine = Machine(megabytes: 1 << 20)
    var memory = ResultMemory(count: 1 << 20, stride: 8, limits: machine.limits)
    _ = fill(&memory, machine, count: 1000, bytes: 1 << 20, taking: 1 << 20)
    #expect((10...20).contains(machine.looks.load(ordering: .relaxed)))
    // And never for little.
    machine.looks.store(0, ordering: .relaxed)
    memory = ResultMemory(count: 1 << 20, stride: 8, limits: machine.limits)
    #expect(memory.shortageAtStart() == nil)
    _ = fill(&memory, machine, count: 1000, bytes: 1 << 12, taking: 0)
    #expect(machine.looks.load(ordering: .relaxed) == 0)
  }

  @Test("What stands within the values themselves is counted once")
  func inline() {
    #expect(ResultMemory.held(1000, 100, 8) == 0)
    #expect(ResultMemory.held(1 << 20, 1, 8) == (1 << 20) - 16)
    #expect(ResultMemory.held(1, .max, .max) == 0)
  }
}
