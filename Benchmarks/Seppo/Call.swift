import ArgumentParser
import SeppoMPI

/// What a call costs: a tiny item a rank, in microseconds, the median of many calls.
struct Call: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Map a tiny item a rank: microseconds a call.")

  @Option(help: "How many calls.")
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

/// What `mapParallel` costs where there is nothing to spread over: nanoseconds an item more than `map`, on one rank.
struct Serial: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Map on one rank: nanoseconds an item more than map.")

  @Option(help: "How many items.")
  var items = 4_000_000

  @Option(help: "How often each is measured; the best counts.")
  var times = 25

  func run() throws {
    guard Seppo.size == 1 else { throw ValidationError("this row is about one rank, and here are \(Seppo.size)") }
    let numbers = (0..<items).map(Double.init)
    var (bestMap, bestParallel) = (Double.infinity, Double.infinity)
    for time in 0...times {
      let (map, expected) = Stopwatch.seconds { numbers.map { $0 * $0 } }
      let (parallel, results) = try Stopwatch.seconds { try numbers.mapParallel { $0 * $0 } }
      try WrongAnswer.unless(results == expected, "mapParallel isn't map")
      if time > 0 { (bestMap, bestParallel) = (min(bestMap, map), min(bestParallel, parallel)) }
    }
    try Figure(row: "serial", value: (bestParallel - bestMap) / Double(items) * 1e9).print()
  }
}
