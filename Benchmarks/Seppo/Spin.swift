import ArgumentParser
import SeppoMPI

/// Work that is nothing but arithmetic: no memory, no system calls, so that what is missing to a whole core is the map's.
enum Spin {
  /// So many steps of a xorshift generator, each of which needs the one before, and which no compiler can shorten.
  ///
  /// Never inlined: `map` and `mapParallel` run the very same code.
  @inline(never)
  static func run(seed: UInt64, steps: Int) -> UInt64 {
    // The one state that it doesn't leave is 0.
    var state = seed | 1 << 63
    for _ in 0..<steps {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
    }
    return state
  }

  /// A tenth of the items, for warming up.
  static func warmUp(_ items: Int) -> Range<UInt64> { 0..<UInt64(max(1, items / 10)) }
}

/// How long a step takes, roughly: the runner chooses from it how many make an item of 1 ms.
struct SpinSpeed: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Measure a step of the spinning items: nanoseconds.")

  func run() throws {
    let steps = 20_000_000
    let best = (0..<5).map { seed in Stopwatch.seconds { Spin.run(seed: seed, steps: steps) }.seconds }.min() ?? 0
    if Seppo.isRoot { try Figure(row: "spin-speed", value: best / Double(steps) * 1e9).print() }
  }
}

/// What `map` takes an item, in seconds, on every rank for itself and on all at the same time: clock and caches are then as
/// they are in the parallel map. Every rank prints a line.
///
/// By processor time, which is the time taken where nobody else wants the cores; where somebody does, the parallel map would
/// look better than it is by a serial one that was disturbed.
struct SpinSerial: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Map spinning items with map: seconds an item, each rank.")

  @Option(help: "How many items a rank.")
  var items = 2_000

  @Option(help: "How many steps an item.")
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

/// The seconds that a parallel map of the same items takes: the runner makes cores of work of it.
struct Efficiency: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Spread spinning items: seconds for all.")

  @Option(help: "How many items.")
  var items = 4_000

  @Option(help: "How many steps an item.")
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
