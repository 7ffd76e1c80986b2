// Figures of the parts that need no MPI: the wire format against JSON, and the scheduler by itself. Each is one line of
// JSON on standard output.
//
//   swift run -c release BenchmarkCore structs
//   swift run -c release BenchmarkCore scheduler

import ArgumentParser

@main
struct BenchmarkCore: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the wire format and the scheduler, without MPI.", subcommands: [Scheduler.self, Structs.self])
}

/// The shortest of several runs, in nanoseconds: what disturbs a run only ever makes it longer.
func shortest(of runs: Int, _ body: () throws -> Void) rethrows -> Double {
  let clock = ContinuousClock()
  var best = Duration.seconds(1_000_000)
  for _ in 0..<runs { best = min(best, try clock.measure(body)) }
  return best / .nanoseconds(1)
}
