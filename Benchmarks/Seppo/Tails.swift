import ArgumentParser
import Foundation
import SeppoMPI

/// Items of very unequal length: the lower bound of the makespan (the longest item or the mean load) over the time taken.
struct Tails: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Map sleeping items: the lower bound ÷ the time taken.")

  @Argument(help: "A file with the sleep of each item in microseconds, one per line.")
  var file: String

  func run() throws {
    let file = file
    let sleeps = try Seppo.atRoot { try Tails.read(file) }.broadcast()
    _ = try (0..<Seppo.size).mapParallel { rank in
      try Tails.sleep(1_000)
      return rank
    }
    try Seppo.atRoot {}
    let (seconds, results) = try Stopwatch.seconds {
      try sleeps.mapParallel { microseconds in
        try Tails.sleep(microseconds)
        return microseconds
      }
    }
    try WrongAnswer.unless(results == sleeps, "the results differ from the items")
    let bound = max(Double(sleeps.max() ?? 0), Double(sleeps.reduce(0, +)) / Double(Seppo.size)) / 1e6
    if Seppo.isRoot { try Figure(row: "tails", value: bound / seconds).print() }
  }

  private static func read(_ file: String) throws -> [Int] {
    try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map { line in
      guard let microseconds = Int(line) else { throw ValidationError("'\(line)' in \(file) is not a whole number") }
      return microseconds
    }
  }

  static func sleep(_ microseconds: Int) throws {
    var rest = timespec(tv_sec: microseconds / 1_000_000, tv_nsec: microseconds % 1_000_000 * 1_000)
    while true {
      var asked = rest
      if nanosleep(&asked, &rest) == 0 { return }
      guard errno == EINTR else { throw WrongAnswer(description: "nanosleep: \(String(cString: strerror(errno)))") }
    }
  }
}
