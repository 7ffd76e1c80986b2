/// A pseudorandom number generator, reproducible from a seed (SplitMix64; Steele, Lea and Flood 2014).
struct SeededGenerator {
  private var state: UInt64

  /// - Parameter path: the purpose of the numbers, such as two ranks. Different paths produce different numbers.
  init(_ seed: UInt64, _ path: Int...) {
    state = seed
    for step in path {
      state = next() ^ UInt64(truncatingIfNeeded: step)
    }
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Returns a number in `0..<bound`.
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  /// Returns a delay in polls: often 0, rarely as many as `longest`.
  mutating func delay(upTo longest: Int) -> Int {
    switch below(8) {
    case 0..<4: 0
    case 4..<7: below(min(4, longest + 1))
    default: below(longest + 1)
    }
  }
}
