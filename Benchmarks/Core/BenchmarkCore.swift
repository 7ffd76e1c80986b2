// Measures the parts that need no MPI: the wire format against JSON, and the scheduler. Each figure is one line of JSON on
// standard output.
//
//   swift run -c release BenchmarkCore structs
//   swift run -c release BenchmarkCore scheduler

import ArgumentParser

@main
struct BenchmarkCore: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the wire format and the scheduler, without MPI.", subcommands: [Scheduler.self, Structs.self])
}

/// Returns the shortest time of several runs, in nanoseconds: other load can only make a run longer.
func shortest(of runs: Int, _ body: () throws -> Void) rethrows -> Double {
  let clock = ContinuousClock()
  var best = Duration.seconds(1_000_000)
  for _ in 0..<runs { best = min(best, try clock.measure(body)) }
  return best / .nanoseconds(1)
}
