import ArgumentParser
import Foundation
import SeppoMPI

/// Maps at one line of a program, whose items take other times in each map: what a map has learnt of their times must not
/// mislead the next one.
struct Growth: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Map items of other times in each map: work ÷ (workers × time), the least of all maps.")

  @Option(help: "The items' time in each map, in microseconds, separated by commas.")
  var microseconds = "100,1000,10000"

  @Option(help: "The number of items in each map, separated by commas.")
  var items = "2000,400,200"

  @Option(help: "The number of maps that are not measured.")
  var warmUps = 0

  @Option(help: "The number of cores that the ranks share.")
  var cores = 2

  @Flag(help: "The items sleep, so that each rank is a worker, whatever the cores.")
  var sleeps = false

  @Option(help: "The number of items per chunk; by default, Seppo chooses.")
  var chunk: Int?

  @Flag(help: "Print the figure of each map.")
  var each = false

  func run() throws {
    let times = microseconds.split(separator: ",").compactMap { Double($0) }
    let counts = items.split(separator: ",").compactMap { Int($0) }
    guard times.count == counts.count, warmUps < times.count else {
      throw ValidationError("as many times as numbers of items are needed, and more than warm-ups")
    }
    let (sleeps, options) = (sleeps, ParallelOptions(chunk: chunk.map(Chunk.items) ?? .automatic))
    _ = try clockTime.get()
    var least = Double.infinity
    for (number, (time, count)) in zip(times, counts).enumerated() {
      try Seppo.atRoot {}
      let (seconds, results) = try Stopwatch.seconds {
        try (0..<count).parallel(options).map { item in
          if sleeps { try Tails.sleep(Int(time)) } else { try burn(time * 1e3) }
          return item
        }
      }
      try WrongAnswer.unless(results.elementsEqual(0..<count), "the results of map \(number)")
      let workers = sleeps ? Seppo.size : min(Seppo.size, cores)
      let value = time * Double(count) / (Double(workers) * seconds * 1e6)
      if each, Seppo.isRoot { print(number, value) }
      if number >= warmUps { least = min(least, value) }
    }
    if Seppo.isRoot { try Figure(row: "growth", value: least).print() }
  }
}
