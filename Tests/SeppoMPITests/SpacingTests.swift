import Testing

@testable import SeppoMPI

@Suite("Elements that follow from each other")
struct SpacingTests {
  private func elements<Base: Collection>(_ base: Base) -> [Base.Element]? {
    guard let spacing = spacing(of: base) else { return nil }
    return [Base.Element](unsafeUninitializedCapacity: spacing.count) { places, count in
      // In two parts, as two chunks are.
      let middle = spacing.count / 2
      if let start = places.baseAddress {
        spacing.write(0..<middle, to: start)
        spacing.write(middle..<spacing.count, to: start + middle)
      }
      count = spacing.count
    }
  }

  @Test("Ranges of integers of up to 64 bits travel as their bounds")
  func ranges() {
    #expect(elements(-3..<9) == Array(-3..<9))
    #expect(elements(Int8.min...Int8.max) == Array(Int8.min...Int8.max))
    #expect(elements(UInt16(65_530)...65_535) == Array(65_530...65_535))
    #expect(elements(Int32.min..<(Int32.min + 5)) == Array(Int32.min..<(Int32.min + 5)))
    #expect(elements((UInt64.max - 5)...UInt64.max) == Array((UInt64.max - 5)...UInt64.max))
    #expect(elements(4..<4) == [])
  }

  @Test("What doesn't follow travels as it is")
  func others() {
    #expect(spacing(of: [1, 2, 3]) == nil)
    #expect(spacing(of: Int128(1)..<5) == nil)
    #expect(spacing(of: (0..<5).reversed()) == nil)
    #expect(spacing(of: "abc") == nil)
  }

  @Test("Strides are what the standard library's are, bit for bit, and travel as their bounds")
  func strides() {
    for step in 1...200 {
      let size = Double(step) * 0.037
      let to = Strided(stride(from: -1.1, to: 13.7, by: size))
      #expect(Array(to) == Array(stride(from: -1.1, to: 13.7, by: size)))
      #expect(to.spacing != nil)
      #expect(elements(to) == Array(to))
      let through = Strided(stride(from: Float(9), through: -9, by: -Float(size)))
      #expect(Array(through) == Array(stride(from: Float(9), through: -9, by: -Float(size))))
      #expect(through.spacing != nil)
      let whole = Strided(stride(from: -50, through: 50, by: step))
      #expect(Array(whole) == Array(stride(from: -50, through: 50, by: step)))
      #expect(whole.spacing != nil)
    }
    #expect(Strided(stride(from: 0.0, through: 1.0, by: 0.1)).count == 11)
    #expect(Strided(stride(from: 3, to: 3, by: 1)).isEmpty)
  }
}
