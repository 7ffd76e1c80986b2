import ArgumentParser
import SeppoMPI

/// The cost of a call: one tiny item per rank, in microseconds, the median of many calls.
struct Call: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Map one tiny item per rank: microseconds per call.")

  @Option(help: "The number of calls.")
  var calls = 2_000

  func run() throws {
    let items = Array(0..<Seppo.size)
    let expected = items.map { $0 + 1 }
    var measured: [Double] = []
    for call in 0...calls {
      let (seconds, results) = try Stopwatch.seconds { try items.mapParallel { $0 + 1 } }
      try WrongAnswer.unless(results == expected, "\(results) in call \(call)")
      if call > 0 { measured.append(seconds) }
    }
    if Seppo.isRoot { try Figure(row: "call", value: measured.median * 1e6).print() }
  }
}

/// The cost of `mapParallel` over `map` on one rank, in nanoseconds per item.
struct Serial: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Map on one rank: nanoseconds per item more than map.")

  @Option(help: "The number of items.")
  var items = 4_000_000

  @Option(help: "The number of measurements of each; the best counts.")
  var times = 25

  func run() throws {
    guard Seppo.size == 1 else { throw ValidationError("this row needs one rank, not \(Seppo.size)") }
    let numbers = (0..<items).map(Double.init)
    var (bestMap, bestParallel) = (Double.infinity, Double.infinity)
    for time in 0...times {
      let (map, expected) = Stopwatch.seconds { numbers.map { $0 * $0 } }
      let (parallel, results) = try Stopwatch.seconds { try numbers.mapParallel { $0 * $0 } }
      try WrongAnswer.unless(results == expected, "mapParallel and map differ")
      if time > 0 { (bestMap, bestParallel) = (min(bestMap, map), min(bestParallel, parallel)) }
    }
    try Figure(row: "serial", value: (bestParallel - bestMap) / Double(items) * 1e9).print()
  }
}
