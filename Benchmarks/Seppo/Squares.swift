import ArgumentParser
import SeppoMPI

/// Items that cost nothing: what the map itself costs. Items a second, the results on every rank.
struct Squares: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Square numbers: items a second, results on every rank.")

  @Option(help: "How many items.")
  var items = 4_000_000

  @Option(help: "How many maps are measured, after the first.")
  var maps = 5

  @Option(help: "So many items a chunk; without it, as Seppo thinks best.")
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
      // The map is over when the last rank has the results, and not when rank 0 has.
      try Seppo.atRoot {}
      return squares
    } check: { squares in
      try WrongAnswer.unless(squares.count == items, "\(squares.count) results of \(items)")
      let wrong = zip(numbers, squares).first { $1 != $0 * $0 }
      try WrongAnswer.unless(wrong == nil, "the square of \(wrong?.0 ?? 0) as \(wrong?.1 ?? 0)")
    }
    if Seppo.isRoot { try Figure(row: "squares", value: Double(items) / seconds).print() }
  }
}
