// Seppo's side of the benchmarks: one subcommand per row. Each checks its answer, and prints its figure as a line of JSON.
//
//   mpirun -n 3 .build/release/Benchmark squares --items 4000000
//
// Benchmarks/run.sh starts it and its peers; see docs/Benchmarks.md.

import ArgumentParser
import CommandLineTool

@main
struct Benchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure one row of the benchmarks.",
    subcommands: [
      Squares.self, Arrays.self, SpinSpeed.self, SpinSerial.self, Efficiency.self, Tails.self, Call.self, Serial.self,
      Idle.self, Memory.self, Kept.self, Loop.self, Growth.self, SumOfSquares.self, Filter.self, Random.self,
      Unordered.self, Pool.self, StreamMemory.self, IsolationCost.self,
    ])

  static func main() { runOnEveryRank() }
}
