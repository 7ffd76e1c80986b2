import ArgumentParser
import SeppoMPI

/// A reduction of items that cost nothing: items per second, with the sum on every rank.
struct SumOfSquares: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sum", abstract: "Add the squares of a range of integers as Double: items per second.")

  @Option(help: "The number of items.")
  var items = 100_000_000

  @Option(help: "The number of measured reductions, after one to warm up.")
  var maps = 5

  func run() throws {
    let n = Double(items)
    let expected = (n - 1) * n * (2 * n - 1) / 6
    let seconds = try Stopwatch.median(of: maps) {
      let sum = try (0..<items).parallel().mapReduce(0.0, { Double($0) * Double($0) }, +)
      try Seppo.atRoot {}
      return sum
    } check: { sum in
      try WrongAnswer.unless(abs(sum - expected) <= 1e-9 * expected, "\(sum) instead of \(expected)")
    }
    if Seppo.isRoot { try Figure(row: "sum", value: n / seconds).print() }
  }
}
