import ArgumentParser
import SeppoMPI

/// The speed of an item's random numbers, as a multiple of SplitMix64's in the same loop. SplitMix64 is among the fastest
/// generators; its numbers depend on those before.
struct Random: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Sum random numbers in items: the speed as a multiple of SplitMix64's.")

  @Option(help: "The number of items.")
  var items = 1_000

  @Option(help: "The random numbers per item.")
  var numbers = 10_000

  @Option(help: "The number of rounds. The fastest counts: other load can only make one slower.")
  var rounds = 15

  func run() throws {
    let numbers = numbers
    var (ours, theirs) = (Double.infinity, Double.infinity)
    for _ in 0..<rounds {
      let (seconds, sums) = try Stopwatch.seconds {
        try (0..<items).parallel(seed: 42).map { _, random in sum(of: numbers, using: &random) }
      }
      ours = min(ours, seconds)
      let (otherSeconds, others) = try Stopwatch.seconds {
        try (0..<items).mapParallel { item in
          var random = SplitMix64(state: UInt64(item))
          return sum(of: numbers, using: &random)
        }
      }
      theirs = min(theirs, otherSeconds)
      for means in [sums, others] {
        // The mean of uniform numbers from 0 to 1 is 1/2, its standard deviation the root of 1/12 over their number.
        let count = Double(items * numbers)
        let mean = means.reduce(0, +) / count
        try WrongAnswer.unless(abs(mean - 0.5) < 6 / (12 * count).squareRoot(), "a mean of \(mean)")
      }
    }
    if Seppo.isRoot { try Figure(row: "random", value: theirs / ours).print() }
  }
}

@inline(__always)
private func sum(of count: Int, using random: inout some RandomNumberGenerator) -> Double {
  var sum = 0.0
  for _ in 0..<count { sum += Double.random(in: 0..<1, using: &random) }
  return sum
}

/// S. Vigna's SplitMix64.
private struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
