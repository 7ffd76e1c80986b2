import ArgumentParser
import SeppoMPI

/// Results consumed on rank 0 as they come, in any order: items per second.
struct Unordered: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Consume the results of tiny items on rank 0 as they come: items per second.")

  @Option(help: "The number of items.")
  var items = 100_000

  @Option(help: "The number of measured calls, after one to warm up.")
  var maps = 5

  func run() throws {
    let numbers = (0..<items).map { Double($0) }
    let expected = Double(items - 1) * Double(items) / 2
    let seconds = try Stopwatch.median(of: maps) {
      var sum = 0.0
      try numbers.parallel().forEachResult({ $0 + 1 }, order: .completion) { _, result in sum += result - 1 }
      return sum
    } check: { sum in
      try WrongAnswer.unless(!Seppo.isRoot || sum == expected, "\(sum) instead of \(expected)")
    }
    if Seppo.isRoot { try Figure(row: "unordered", value: Double(items) / seconds).print() }
  }
}

/// Tiny tasks of a pool: tasks per second if all are submitted first, or the time of one if each waits for the one before.
struct Pool: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compute tiny tasks in a pool: tasks per second, or microseconds per task, one after the other.")

  @Option(help: "The number of tasks.")
  var tasks = 100_000

  @Option(help: "The number of measured pools, after one to warm up.")
  var maps = 5

  @Flag(help: "Submit each task when the result of the one before is there.")
  var oneByOne = false

  func run() throws {
    let seconds = try Stopwatch.median(of: maps) {
      try Seppo.withPool({ (number: Int) in number + 1 }) { pool in
        var sum = 0
        if oneByOne {
          for number in 0..<tasks { sum += try pool.submit(number).value() - 1 }
        } else {
          for number in 0..<tasks { pool.submit(number) }
          while let (_, result) = pool.next() { sum += try result.get() - 1 }
        }
        return sum
      }
    } check: { sum in
      try WrongAnswer.unless(!Seppo.isRoot || sum.value == tasks * (tasks - 1) / 2, "\(sum) is wrong")
    }
    guard Seppo.isRoot else { return }
    let value = oneByOne ? 1e6 * seconds / Double(tasks) : Double(tasks) / seconds
    try Figure(row: "pool", value: value).print()
  }
}

/// The peak memory of rank 0 while it consumes results of a megabyte, in megabytes.
struct StreamMemory: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stream-memory", abstract: "Add results of 1 MB as they come: the peak memory of rank 0 in MB.")

  @Option(help: "The number of results.")
  var items = 2_000

  func run() throws {
    var sum = 0.0
    try (0..<items).parallel().forEachResult({ item in [Double](repeating: Double(item), count: 125_000) }) {
      _, result in
      sum += result[0]
    }
    guard Seppo.isRoot else { return }
    try WrongAnswer.unless(sum == Double(items * (items - 1) / 2), "\(sum) is wrong")
    try Figure(row: "stream-memory", value: Double(try Memory.peakBytes()) / 1e6).print()
  }
}
