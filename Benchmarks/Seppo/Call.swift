import ArgumentParser
import Foundation
import SeppoMPI

/// The cost of a call: few tiny items, in microseconds; median, mean and 99th percentile of many calls.
struct Call: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Map few tiny items: microseconds per call.")

  @Option(help: "The number of items; by default one per rank.")
  var items: Int?

  @Option(help: "The number of calls.")
  var calls = 2_000

  func run() throws {
    let items = Array(0..<(items ?? Seppo.size))
    let expected = items.map { $0 + 1 }
    var measured: [Double] = []
    for call in 0...calls {
      let (seconds, results) = try Stopwatch.seconds { try items.mapParallel { $0 + 1 } }
      try WrongAnswer.unless(results == expected, "\(results) in call \(call)")
      if call > 0 { measured.append(seconds) }
    }
    guard Seppo.isRoot else { return }
    let ordered = measured.sorted()
    try CallFigure(
      median: measured.median * 1e6,
      mean: measured.reduce(0, +) / Double(measured.count) * 1e6, p99: ordered[ordered.count * 99 / 100] * 1e6
    ).print()
  }
}

private struct CallFigure: Encodable {
  let row = "call"
  let median: Double
  let mean: Double
  let p99: Double

  func print() throws { FileHandle.standardOutput.write(try JSONEncoder().encode(self) + Data("\n".utf8)) }
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
