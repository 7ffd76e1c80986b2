import ArgumentParser
import SeppoMPI

/// The cost of the map itself, with items that cost nothing: items per second, with results on every rank.
struct Squares: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Square numbers: items per second, results on every rank.")

  @Option(help: "The number of items.")
  var items = 4_000_000

  @Option(help: "The number of measured maps, after one to warm up.")
  var maps = 5

  @Option(help: "The number of items per chunk; by default, Seppo chooses.")
  var chunk: Int?

  func run() throws {
    let numbers = (0..<items).map(Double.init)
    let chunk = chunk.map(Chunk.items)
    let seconds = try Stopwatch.median(of: maps) {
      let squares =
        if let chunk {
          try numbers.parallel(chunk: chunk).map { $0 * $0 }
        } else {
          try numbers.mapParallel { $0 * $0 }
        }
      // The map ends when the last rank has the results, not when rank 0 has them.
      try Seppo.atRoot {}
      return squares
    } check: { squares in
      try WrongAnswer.unless(squares.count == items, "\(squares.count) results of \(items)")
      let wrong = zip(numbers, squares).first { $1 != $0 * $0 }
      try WrongAnswer.unless(wrong == nil, "\(wrong?.1 ?? 0) as the square of \(wrong?.0 ?? 0)")
    }
    if Seppo.isRoot { try Figure(row: "squares", value: Double(items) / seconds).print() }
  }
}
