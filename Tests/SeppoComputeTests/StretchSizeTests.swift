import Testing

@testable import SeppoCompute
@testable import SeppoProcess

@Suite("How many items are claimed at once")
struct StretchSizeTests {
  @Test("Short items more and more, up to a tenth of a millisecond; long ones singly")
  func sizes() {
    var size = StretchSize(unit: 1)
    #expect(size.items == 1)
    var sizes: [Int] = []
    for _ in 0..<8 {
      size.took(size.items * 20, for: size.items)
      sizes.append(size.items)
    }
    #expect(sizes == [8, 64, 512, 4_096, 5_000, 5_000, 5_000, 5_000])
    size.took(5_000 * 20_000, for: size.items)
    #expect(size.items == 5)
    size.took(5 * 1_000_000_000, for: size.items)
    #expect(size.items == 1)
    for _ in 0..<100 { size.took(1, for: size.items) }
    #expect(size.items == 1 << 30)
  }

  @Test("Where fewer items are there than wanted, those count")
  func fewer() {
    var size = StretchSize(unit: 1)
    for _ in 0..<100 { size.took(13_000, for: 4_096) }
    #expect(size.items == 4_096 * 100_000 / 13_000)
  }

  @Test("Whole units")
  func units() {
    var size = StretchSize(unit: 30)
    #expect(size.items == 30)
    size.took(3_000, for: size.items)
    #expect(size.items == 240)
    size.took(24_000, for: size.items)
    #expect(size.items == 990)
    size.took(1_000_000_000, for: size.items)
    #expect(size.items == 30)
  }
}
