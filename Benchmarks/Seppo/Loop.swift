import ArgumentParser
import Foundation
import SeppoMPI

/// Short maps in a loop, as samplers and optimisers make them: each needs all results of the one before.
///
/// An item burns processor time of its thread, and its result is the next map's item. The figure is the efficiency: the work
/// divided by the time of the cores; with `--against-list`, the time that list scheduling would take at no cost, divided by the
/// time taken.
struct Loop: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Map few short items in a loop: work ÷ (cores × time).")

  @Option(help: "The number of items per map.")
  var items = 64

  @Option(help: "The mean time of an item, in microseconds.")
  var microseconds = 50.0

  @Option(help: "The number of measured maps, after 20 to warm up.")
  var maps = 500

  @Option(help: "The standard deviation of the logarithm of the items' times; 0 for even items.")
  var sigma = 0.0

  @Option(help: "The number of cores that the ranks share.")
  var cores = 2

  @Flag(help: "Compare with list scheduling on the cores.")
  var againstList = false

  func run() throws {
    _ = try clockTime.get()
    let times = ItemTimes(mean: microseconds * 1e3, sigma: sigma)
    var states = (0..<UInt64(items)).map { $0 &* 0x9E37_79B9_7F4A_7C15 }
    for _ in 0..<20 { states = try next(states, times) }
    let first = states
    try Seppo.atRoot {}
    let (seconds, last) = try Stopwatch.seconds {
      var states = first
      for _ in 0..<maps { states = try next(states, times) }
      return states
    }
    guard Seppo.isRoot else { return }
    var (expected, work, list) = (first, 0.0, 0.0)
    for _ in 0..<maps {
      let lengths = expected.map(times.nanoseconds)
      work += lengths.reduce(0, +)
      list += listSchedule(lengths)
      expected = expected.map(ItemTimes.next)
    }
    try WrongAnswer.unless(last == expected, "the results differ from those of map")
    let value = (againstList ? list : work / Double(cores)) / (seconds * 1e9)
    try Figure(row: "loop", value: value).print()
  }

  private func next(_ states: [UInt64], _ times: ItemTimes) throws -> [UInt64] {
    try states.mapParallel { state in
      try burn(times.nanoseconds(of: state))
      return ItemTimes.next(state)
    }
  }

  /// Returns the time, in nanoseconds, in which the cores compute items of these lengths if each takes the next item when it is
  /// free.
  private func listSchedule(_ lengths: [Double]) -> Double {
    var free = [Double](repeating: 0, count: cores)
    for length in lengths { free[free.indices.min { free[$0] < free[$1] } ?? 0] += length }
    return free.max() ?? 0
  }
}

/// The times of items, log-normal, from each item's state.
private struct ItemTimes: Sendable {
  let mean: Double
  let sigma: Double

  /// The next state: a step of splitmix64 (Steele, Lea, Flood 2014).
  static func next(_ state: UInt64) -> UInt64 { mix(state &+ 0x9E37_79B9_7F4A_7C15) }

  private static func mix(_ state: UInt64) -> UInt64 {
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// In nanoseconds. The logarithm has a normal distribution (Box and Muller 1958).
  func nanoseconds(of state: UInt64) -> Double {
    if sigma == 0 { return mean }
    let (a, b) = (ItemTimes.uniform(ItemTimes.mix(state)), ItemTimes.uniform(ItemTimes.mix(~state)))
    let normal = (-2 * log(a)).squareRoot() * cos(2 * .pi * b)
    return mean * exp(sigma * normal - sigma * sigma / 2)
  }

  /// A number above 0, up to 1.
  private static func uniform(_ bits: UInt64) -> Double { (Double(bits >> 11) + 1) / 9_007_199_254_740_992 }
}

/// Computes until the thread has used this much more processor time, including the reading of the clock.
func burn(_ nanoseconds: Double) throws {
  let end = try processorNanoseconds() + nanoseconds - 1.5 * clockTime.get()
  while try processorNanoseconds() < end {}
}

/// The time to read a thread's processor time, in nanoseconds.
let clockTime = Result {
  // The least of several, because other load makes it longer.
  try (0..<20).map { _ in
    let start = try processorNanoseconds()
    for _ in 0..<999 { _ = try processorNanoseconds() }
    return try (processorNanoseconds() - start) / 1_000
  }.min() ?? 0
}

private func processorNanoseconds() throws -> Double {
  var time = timespec()
  guard clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0 else {
    throw WrongAnswer(description: "clock_gettime: \(String(cString: strerror(errno)))")
  }
  return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}
