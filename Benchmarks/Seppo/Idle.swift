import ArgumentParser
import SeppoMPI

/// What a rank burns while another computes: cores, from `getrusage`, on a rank that got no item.
struct Idle: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Let one rank compute: the cores that another burns.")

  @Option(help: "How long the one item computes, in seconds.")
  var seconds = 5.0

  func run() throws {
    guard Seppo.size > 1 else { throw ValidationError("this row needs a second rank, to be idle") }
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
    // An idle rank may come into the call a little later than the one that computes.
    try WrongAnswer.unless(computing.count == 1 && elapsed > length * 0.9, "one item took \(elapsed) s")
    // Which rank the item goes to is Seppo's to choose; the first of the others tells.
    let idle = computing[0] == 0 ? 1 : 0
    if Seppo.rank == idle { try Figure(row: "idle", value: burned / elapsed).print() }
  }
}
