/// A random generator with a seed: SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, "Fast Splittable Pseudorandom Number
/// Generators", OOPSLA 2014).
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(_ seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return SplitMix64.mix(state)
  }

  /// Returns a number in `0..<bound`, or 0 for an empty range. Not quite uniform, but much faster in a debug build than
  /// `Int.random`.
  package mutating func below(_ bound: Int) -> Int { bound < 2 ? 0 : Int(next() >> 1) % bound }

  package mutating func one(in range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

  package mutating func one<Element>(of elements: [Element]) -> Element { elements[below(elements.count)] }

  /// Returns true with this probability in percent.
  package mutating func percent(_ share: Int) -> Bool { below(100) < share }

  /// Mixes the bits of a number.
  static func mix(_ number: UInt64) -> UInt64 {
    var z = number
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
