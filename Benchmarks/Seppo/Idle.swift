import ArgumentParser
import Foundation
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
    let before = try Idle.processorSeconds()
    let (elapsed, computing) = try Stopwatch.seconds {
      try [length].mapParallel { length in
        let end = ContinuousClock.now + .seconds(length)
        while ContinuousClock.now < end {}
        return Seppo.rank
      }
    }
    let burned = try Idle.processorSeconds() - before
    try WrongAnswer.unless(computing.count == 1 && elapsed >= length, "one item took \(elapsed) s")
    // Which rank the item goes to is Seppo's to choose; the first of the others tells.
    let idle = computing[0] == 0 ? 1 : 0
    if Seppo.rank == idle { try Figure(row: "idle", value: burned / elapsed).print() }
  }

  /// The processor time of this process so far, in user and system mode.
  private static func processorSeconds() throws -> Double {
    var usage = rusage()
    #if canImport(Darwin)
      let thisProcess = RUSAGE_SELF
    #else
      let thisProcess = RUSAGE_SELF.rawValue
    #endif
    guard getrusage(thisProcess, &usage) == 0 else {
      throw WrongAnswer(description: "getrusage: \(String(cString: strerror(errno)))")
    }
    return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
  }
}
