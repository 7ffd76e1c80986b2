import ArgumentParser
import SeppoMPI

/// The cost of computing items in processes of their own instead of threads: per chunk, and for the start of a process.
struct IsolationCost: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "isolation",
    abstract: "Compute items in processes of their own: microseconds more than in threads.")

  @Option(help: "The number of items, each a chunk of its own.")
  var items = 2_000

  @Option(help: "The number of measured maps, after one to warm up.")
  var maps = 5

  @Option(help: "Megabytes that the rank holds. With this, the figure is the milliseconds that a call of one item takes.")
  var megabytes: Int?

  func run() throws {
    if let megabytes { return try measureStart(of: megabytes) }
    let items = items
    func microseconds(_ isolation: Isolation) throws -> Double {
      let options = ParallelOptions(chunk: .items(1), timeout: .seconds(100), isolation: isolation)
      let start = try Stopwatch.median(of: maps) {
        try (0..<2).parallel(options).map { spin($0) }
      } check: { _ in
      }
      let all = try Stopwatch.median(of: maps) {
        try (0..<items).parallel(options).map { spin($0) }
      } check: { values in
        try WrongAnswer.unless(values == (0..<items).map { spin($0) }, "the results differ from those of map")
      }
      return 1e6 * (all - start) * Double(Seppo.size) / Double(items)
    }
    let value = try microseconds(.process) - microseconds(.thread)
    if Seppo.isRoot { try Figure(row: "isolation", value: value).print() }
  }

  private func measureStart(of megabytes: Int) throws {
    let memory = [UInt8](repeating: 1, count: megabytes << 20)
    let seconds = try Stopwatch.median(of: maps) {
      try (0..<Seppo.size).parallel(isolation: .process).map { Int(memory[$0]) }
    } check: { values in
      try WrongAnswer.unless(values.allSatisfy { $0 == 1 }, "an item doesn't see its rank's memory")
    }
    if Seppo.isRoot { try Figure(row: "isolation", value: 1e3 * seconds).print() }
  }
}

/// Some microseconds of work.
private func spin(_ item: Int) -> Int {
  var state = UInt64(truncatingIfNeeded: item)
  for _ in 0..<20_000 { state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407 }
  return Int(truncatingIfNeeded: state >> 1)
}
