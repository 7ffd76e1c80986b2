import Testing

@testable import SeppoMPI

@Suite("Arithmetic progressions")
struct ArithmeticProgressionTests {
  private func elements<Base: Sequence>(_ base: Base) -> [Base.Element]? {
    guard let progression = progression(of: base) else { return nil }
    return [Base.Element](unsafeUninitializedCapacity: progression.count) { places, count in
      // In two parts, like two chunks.
      let middle = progression.count / 2
      if let start = places.baseAddress {
        progression.write(0..<middle, to: start)
        progression.write(middle..<progression.count, to: start + middle)
      }
      count = progression.count
    }
  }

  @Test("Ranges of integers of up to 64 bits are progressions")
  func ranges() {
    #expect(elements(-3..<9) == Array(-3..<9))
    #expect(elements(Int8.min...Int8.max) == Array(Int8.min...Int8.max))
    #expect(elements(UInt16(65_530)...65_535) == Array(65_530...65_535))
    #expect(elements(Int32.min..<(Int32.min + 5)) == Array(Int32.min..<(Int32.min + 5)))
    #expect(elements((UInt64.max - 5)...UInt64.max) == Array((UInt64.max - 5)...UInt64.max))
    #expect(elements(4..<4) == [])
  }

  @Test("Other collections are not progressions")
  func others() {
    #expect(progression(of: [1, 2, 3]) == nil)
    #expect(progression(of: Int128(1)..<5) == nil)
    #expect(progression(of: (0..<5).reversed()) == nil)
    #expect(progression(of: "abc") == nil)
  }

  @Test("Strides have the same bits as the standard library's, and are progressions")
  func strides() {
    for step in 1...200 {
      let size = Double(step) * 0.037
      let to = stride(from: -1.1, to: 13.7, by: size)
      #expect(elements(to) == Array(to))
      let through = stride(from: Float(9), through: -9, by: -Float(size))
      #expect(elements(through) == Array(through))
      let whole = stride(from: -50, through: 50, by: step)
      #expect(elements(whole) == Array(whole))
    }
    #expect(elements(stride(from: 0.0, through: 1.0, by: 0.1))?.count == 11)
    #expect(elements(stride(from: 3, to: 3, by: 1)) == [])
  }

  @Test("If a stride's steps are smaller than the spacing of numbers at its end, the end occurs once")
  func endsInRounding() {
    let times = stride(from: Float(1_700_000_000), through: Float(1_700_003_600 as Int), by: 60)
    #expect(elements(times) == Array(times))
    let julian = stride(from: 2_460_000.5, through: 2_460_000.5001, by: 1e-10)
    #expect(elements(julian) == Array(julian))
  }

  @Test("Random strides at the limits of precision are the same as the standard library's")
  func edges() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<(1_000 * soak) {
      expectSame(Double.self, &random)
      expectSame(Float.self, &random)
    }
  }

  /// Compares a stride with random first element, end and step. The step is between a hundredth of the spacing of numbers there
  /// and a small multiple of it.
  private func expectSame<Number: BinaryFloatingPoint & Codable & Sendable>(
    _ type: Number.Type, _ random: inout some RandomNumberGenerator
  ) where Number.RawSignificand: FixedWidthInteger, Number.Stride == Number {
    let scale = Number(1 << Int.random(in: 0...60, using: &random))
    let magnitude: Number = Number.random(in: 0.5...2, using: &random) * scale
    let first: Number = [0, magnitude, -magnitude].randomElement(using: &random) ?? 0
    let unit: Number = first == 0 ? magnitude : first.ulp
    let factor = Number.random(in: 0.01...4, using: &random)
    let step: Number = unit * (Bool.random(using: &random) ? factor : -factor.rounded(.up))
    let beyond: Number = unit * Number(Int.random(in: -1...1, using: &random))
    let end: Number = first + step * Number(Int.random(in: -2...80, using: &random)) + beyond
    let to = stride(from: first, to: end, by: step)
    let through = stride(from: first, through: end, by: step)
    // A stride of more steps than the type can count is no progression.
    if let found = elements(to) { #expect(found == Array(to), "\(to)") }
    if let found = elements(through) { #expect(found == Array(through), "\(through)") }
  }
}
