// Shows parallel(seed:), which gives each item random numbers of its own. It estimates π with random darts, and prints the
// standard error. The digits depend on the seed alone. They are the same for any number of ranks.
//
//   ./mpi-run.sh -n 4 MonteCarlo 1000000000 --seed 42

import ArgumentParser
import CommandLineTool
import SeppoMPI

@main
struct MonteCarlo: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Estimate π with random darts, on all ranks.")

  @Argument(help: "The number of darts, from 1 to 10¹⁵.")
  var darts: Int

  @Option(help: "The seed of the random numbers.")
  var seed = 42

  static func main() { runOnEveryRank() }

  func validate() throws {
    guard (1...1_000_000_000_000_000).contains(darts) else {
      throw ValidationError("The number of darts must be from 1 to 10¹⁵, not \(darts).")
    }
  }

  func run() throws {
    let darts = darts
    // The batches depend on the number of darts alone, so the numbers, too, are the same on any number of ranks.
    let size = max(1_000, darts / 10_000)
    let hits = try stride(from: 0, to: darts, by: size).parallel(seed: seed).map { first, random in
      MonteCarlo.hits(of: min(size, darts - first), using: &random)
    }
    let share = Double(hits.reduce(0, +)) / Double(darts)
    // Each dart hits with the same probability, so the number of hits has a binomial distribution.
    let error = 4 * (share * (1 - share) / Double(darts)).squareRoot()
    try Seppo.atRoot { print("\(4 * share) ± \(error)") }
  }

  /// Returns how many darts, thrown at a square, hit the quarter of a circle within it.
  static func hits(of darts: Int, using random: inout ItemRandom) -> Int {
    var hits = 0
    for _ in 0..<darts {
      let x = Double.random(in: 0..<1, using: &random)
      let y = Double.random(in: 0..<1, using: &random)
      if x * x + y * y < 1 { hits += 1 }
    }
    return hits
  }
}
