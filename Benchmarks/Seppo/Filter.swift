import ArgumentParser
import SeppoMPI

/// How much faster a filter that keeps few elements is than a map of the same elements. Both end when every rank has the
/// results.
struct Filter: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Keep one in 1,000 numbers: the time of a map, divided by that of the filter.")

  @Option(help: "The number of items.")
  var items = 4_000_000

  @Option(help: "The number of measured calls of each kind, after one to warm up.")
  var maps = 5

  func run() throws {
    let numbers = (0..<items).map { Double(($0 &* 7_919) % 1_000) }
    let kept = numbers.filter { $0 == 7 }
    let filter = try Stopwatch.median(of: maps) {
      let found = try numbers.parallel().filter { $0 == 7 }
      try Seppo.atRoot {}
      return found
    } check: {
      try WrongAnswer.unless($0 == kept, "\($0.count) elements instead of \(kept.count)")
    }
    let map = try Stopwatch.median(of: maps) {
      let squares = try numbers.parallel().map { $0 * $0 }
      try Seppo.atRoot {}
      return squares
    } check: {
      try WrongAnswer.unless($0.count == items, "\($0.count) results of \(items)")
    }
    if Seppo.isRoot { try Figure(row: "filter", value: map / filter).print() }
  }
}
