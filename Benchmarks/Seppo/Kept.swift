import ArgumentParser
import Foundation
import SeppoCheckpoint
import SeppoMPI

/// The cost of a checkpoint: the time of a map of short items with one, divided by the time without, alternating.
struct Kept: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Store results in a checkpoint: time with it ÷ without.")

  @Option(help: "The number of items.")
  var items = 1_000_000

  @Option(help: "The time per item, in microseconds.")
  var microseconds = 10.0

  @Option(help: "The number of measured maps of each kind.")
  var maps = 3

  func run() throws {
    let steps = try Seppo.atRoot { Int(microseconds * 1e-6 / Kept.secondsPerStep()) }.broadcast()
    let folder = try Seppo.atRoot {
      let folder = FileManager.default.temporaryDirectory.appendingPathComponent("seppo-kept-\(getpid())")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      return folder.path
    }.broadcast()
    let numbers = 0..<UInt64(items)
    let compute: @Sendable (UInt64) -> Double = { Double(Spin.run(seed: $0, steps: steps)) }
    _ = try numbers.prefix(items / 10).mapParallel(compute)
    var (with, without): ([Double], [Double]) = ([], [])
    for map in 0..<maps {
      let plain = try timed { try numbers.mapParallel(compute) }
      let kept = try timed { try numbers.parallel(checkpoint: .sqlite("\(folder)/\(map).sqlite")).map(compute) }
      try WrongAnswer.unless(plain.results == kept.results, "in the results of map \(map)")
      without.append(plain.seconds)
      with.append(kept.seconds)
    }
    try Seppo.atRoot { try FileManager.default.removeItem(atPath: folder) }
    if Seppo.isRoot { try Figure(row: "kept", value: with.median / without.median).print() }
  }

  private func timed(_ map: () throws -> [Double]) throws -> (seconds: Double, results: [Double]) {
    try Seppo.atRoot {}
    let (seconds, results) = try Stopwatch.seconds(map)
    return (seconds, results)
  }

  private static func secondsPerStep() -> Double {
    let steps = 5_000_000
    return ((0..<5).map { seed in Stopwatch.seconds { Spin.run(seed: seed, steps: steps) }.seconds }.min() ?? 0)
      / Double(steps)
  }
}
