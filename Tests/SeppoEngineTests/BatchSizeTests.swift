import SeppoEngine
import Testing

@Suite("Batch sizes")
struct BatchSizeTests {
  @Test("Batches of short items grow to 0.1 ms, and long items are started one at a time")
  func sizes() {
    var size = BatchSize(unit: 1)
    #expect(size.items == 1)
    var sizes: [Int] = []
    for _ in 0..<8 {
      size.record(nanoseconds: size.items * 20, items: size.items)
      sizes.append(size.items)
    }
    #expect(sizes == [8, 64, 512, 4_096, 5_000, 5_000, 5_000, 5_000])
    size.record(nanoseconds: 5_000 * 20_000, items: size.items)
    #expect(size.items == 5)
    size.record(nanoseconds: 5 * 1_000_000_000, items: size.items)
    #expect(size.items == 1)
    for _ in 0..<100 { size.record(nanoseconds: 1, items: size.items) }
    #expect(size.items == 1 << 30)
  }

  @Test("A batch that was smaller than requested is measured by its actual size")
  func fewer() {
    var size = BatchSize(unit: 1)
    for _ in 0..<100 { size.record(nanoseconds: 13_000, items: 4_096) }
    #expect(size.items == 4_096 * 100_000 / 13_000)
  }

  @Test("A batch consists of whole units")
  func units() {
    var size = BatchSize(unit: 30)
    #expect(size.items == 30)
    size.record(nanoseconds: 3_000, items: size.items)
    #expect(size.items == 240)
    size.record(nanoseconds: 24_000, items: size.items)
    #expect(size.items == 990)
    size.record(nanoseconds: 1_000_000_000, items: size.items)
    #expect(size.items == 30)
  }
}
