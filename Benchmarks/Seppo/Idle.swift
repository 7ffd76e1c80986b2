import ArgumentParser
import SeppoMPI

/// The processor time of an idle rank while another computes, in cores, from `getrusage`.
struct Idle: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Let one rank compute: cores used by another rank.")

  @Option(help: "The computing time of the one item, in seconds.")
  var seconds = 5.0

  func run() throws {
    guard Seppo.size > 1 else { throw ValidationError("this row needs a second rank, which is idle") }
    let length = seconds
    _ = try (0..<Seppo.size).mapParallel { $0 }
    try Seppo.atRoot {}
    let before = try Stopwatch.processorSeconds()
    let (elapsed, computing) = try Stopwatch.seconds {
      try [length].mapParallel { length in
        let end = ContinuousClock.now + .seconds(length)
        while ContinuousClock.now < end {}
        return Seppo.rank
      }
    }
    let burned = try Stopwatch.processorSeconds() - before
    // An idle rank may enter the call slightly later than the one that computes.
    try WrongAnswer.unless(computing.count == 1 && elapsed > length * 0.9, "one item took \(elapsed) s")
    // Seppo chooses the rank that computes; the first of the others prints the figure.
    let idle = computing[0] == 0 ? 1 : 0
    if Seppo.rank == idle { try Figure(row: "idle", value: burned / elapsed).print() }
  }
}
