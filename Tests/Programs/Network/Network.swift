// The program of the tests with several hosts (Tests/Networks).
//
//   Network hosts                          each rank prints its host
//   Network efficiency MILLISECONDS COUNT  maps COUNT items per rank, MILLISECONDS each; prints the efficiency
//   Network cut HOST COMMAND…              maps items for minutes; meanwhile a rank on HOST runs COMMAND

import Foundation
import SeppoMPI
import Synchronization

@main
struct Network {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    Seppo.run {
      switch arguments.first {
      case "hosts": print("rank \(Seppo.rank) on \(Seppo.hostName)")
      case "efficiency": try efficiency(milliseconds: Int(arguments[1])!, itemsPerRank: Int(arguments[2])!)
      case "cut": try computeAndCut(host: arguments[1], command: Array(arguments[2...]))
      default: throw UsageError()
      }
    }
  }
}

struct UsageError: Error {}

struct WrongResults: Error {}

/// Sleeps instead of computing, because the simulated hosts share the cores of one machine.
func slowSquare(_ value: Int, milliseconds: Int) -> Int {
  usleep(UInt32(milliseconds) * 1000)
  return value * value
}

func efficiency(milliseconds: Int, itemsPerRank: Int) throws {
  let items = 0..<(itemsPerRank * Seppo.size)
  // A barrier, so that start-up is not measured.
  try Seppo.atRoot {}
  let started = ContinuousClock.now
  let results = try items.mapParallel { slowSquare($0, milliseconds: milliseconds) }
  let seconds = (ContinuousClock.now - started) / .seconds(1)
  guard results == items.map({ $0 * $0 }) else { throw WrongResults() }
  try Seppo.atRoot {
    let share = Double(itemsPerRank * milliseconds) / 1000 / seconds
    let figures = String(format: "%.2f s, efficiency %.1f %%", seconds, 100 * share)
    print("\(items.count) items of \(milliseconds) ms on \(Seppo.size) ranks: \(figures)")
  }
}

func computeAndCut(host: String, command: [String]) throws {
  let computedHere = Atomic(0)
  _ = try (0..<1000 * Seppo.size).mapParallel { item in
    if computedHere.add(1, ordering: .relaxed).newValue == 20 && Seppo.hostName == host {
      try Process.run(URL(fileURLWithPath: command[0]), arguments: Array(command[1...])).waitUntilExit()
    }
    return slowSquare(item, milliseconds: 100)
  }
}
