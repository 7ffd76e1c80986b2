import ArgumentParser
import SeppoMPI

/// The cost of computing items in processes of their own instead of threads: per chunk, and for the start of a process.
struct IsolationCost: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "isolation",
    abstract: "Compute items in processes of their own: microseconds more than in threads.")

  @Option(help: "The number of items, one after the other.")
  var items = 2_000

  @Option(help: "The number of measured maps, after one to warm up.")
  var maps = 5

  @Option(
    help: "Megabytes that the rank holds. With this, the figure is the milliseconds that a call of one item takes.")
  var megabytes: Int?

  func run() throws {
    if let megabytes { return try measureStart(of: megabytes) }
    let items = items
    // Each task of a pool is a chunk of its own if it is submitted when the one before is done.
    func microseconds(_ isolation: Isolation) throws -> Double {
      let seconds = try Stopwatch.median(of: maps) {
        try Seppo.withPool({ (item: Int) in spin(item) }, ParallelOptions(isolation: isolation)) { pool in
          try (0..<items).map { try pool.submit($0).value() }
        }
      } check: { values in
        try WrongAnswer.unless(
          !Seppo.isRoot || values.value == (0..<items).map { spin($0) }, "the results differ from those of map")
      }
      return 1e6 * seconds / Double(items)
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
