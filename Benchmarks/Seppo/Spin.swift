import ArgumentParser
import SeppoMPI

/// Work that is only arithmetic, without memory accesses and system calls: any loss of processor time is due to the map.
enum Spin {
  /// Runs `steps` steps of a xorshift generator. Each depends on the one before, so the compiler cannot shorten the loop.
  ///
  /// Never inlined, so that `map` and `mapParallel` run the same code.
  @inline(never)
  static func run(seed: UInt64, steps: Int) -> UInt64 {
    // The generator never leaves the state 0.
    var state = seed | 1 << 63
    for _ in 0..<steps {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
    }
    return state
  }

  /// Returns a tenth of the items, to warm up.
  static func warmUp(_ items: Int) -> Range<UInt64> { 0..<UInt64(max(1, items / 10)) }
}

/// The approximate time of a step, from which the runner computes the number of steps of an item.
struct SpinSpeed: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Measure one step of the spinning items: nanoseconds.")

  func run() throws {
    let steps = 20_000_000
    let best = (0..<5).map { seed in Stopwatch.seconds { Spin.run(seed: seed, steps: steps) }.seconds }.min() ?? 0
    if Seppo.isRoot { try Figure(row: "spin-speed", value: best / Double(steps) * 1e9).print() }
  }
}

/// The time of `map` per item, in seconds, measured on all ranks at the same time, each for itself, so that clock and caches
/// are as in the parallel map. Every rank prints a line.
///
/// It is processor time, which equals the time taken on a quiet machine. With other load, a longer serial time would make
/// the parallel map look better than it is.
struct SpinSerial: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Map spinning items with map: seconds per item.")

  @Option(help: "The number of items per rank.")
  var items = 2_000

  @Option(help: "The number of steps per item.")
  var steps = 600_000

  func run() throws {
    let steps = steps
    let warm = Spin.warmUp(items).map { Spin.run(seed: $0, steps: steps) }
    try Seppo.atRoot {}
    let before = try Stopwatch.processorSeconds()
    let results = (0..<UInt64(items)).map { Spin.run(seed: $0, steps: steps) }
    let seconds = try Stopwatch.processorSeconds() - before
    try WrongAnswer.unless(results.count == items && results[0] == warm[0], "item 0")
    try Figure(row: "spin-serial", value: seconds / Double(items)).print()
  }
}

/// The time of a parallel map of the same items, in seconds. The runner converts it to cores of work.
struct Efficiency: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Map spinning items in parallel: seconds for all.")

  @Option(help: "The number of items.")
  var items = 4_000

  @Option(help: "The number of steps per item.")
  var steps = 600_000

  func run() throws {
    let steps = steps
    _ = try Spin.warmUp(items).mapParallel { Spin.run(seed: $0, steps: steps) }
    try Seppo.atRoot {}
    let (seconds, results) = try Stopwatch.seconds {
      try (0..<UInt64(items)).mapParallel { Spin.run(seed: $0, steps: steps) }
    }
    try WrongAnswer.unless(results.count == items, "\(results.count) results of \(items)")
    for item in [0, items / 2, items - 1] {
      try WrongAnswer.unless(results[item] == Spin.run(seed: UInt64(item), steps: steps), "item \(item)")
    }
    if Seppo.isRoot { try Figure(row: "efficiency", value: seconds).print() }
  }
}
