// Maps with a checkpoint, which Tests/chaos.sh and Tests/restart.sh kill and start again:
//
//   mpirun -n 8 Chaos [--serial] KIND SEED ITEMS DEATHS FILE LOG OUT
//
// FILE is the checkpoint. Before an item starts, a line `CALL ITEM RANK` is appended to LOG, which shows repeated items
// even if they never end. Rank 0 writes the bits of all results to OUT. With --serial, `map` computes the expected OUT,
// without checkpoint, log and delays.

import Foundation
import SeppoCheckpoint
import SeppoMPI

struct ProgramError: Error, CustomStringConvertible {
  var description: String { "an error of the program" }
}

/// A result that is encoded, not sent as memory.
struct Fit: Codable, Sendable {
  var amplitude: Double
  var label: String?
  var residuals: [Float]
  var steps: [[Int]]
}

@main
struct Chaos {
  static let isSerial = CommandLine.arguments.contains("--serial")
  static let arguments = CommandLine.arguments.dropFirst().filter { $0 != "--serial" }
  static let kind = arguments[0]
  static let seed = UInt64(arguments[1]) ?? 0
  static let count = Int(arguments[2]) ?? 0
  static let deaths = Int(arguments[3]) ?? 2
  static let file = arguments[4]
  static let log = open(arguments[5], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
  static let out = arguments[6]

  static func main() {
    Seppo.run { try run() }
  }

  static func run() throws {
    var lines: [String] = []
    switch kind {
    case "numbers":
      lines = try map(0..<count, "numbers", number).map(text)
    case "fits":
      lines = try map(0..<count, "fits", fit).map(text)
    // Items that aren't indices, and two threads per rank.
    case "threads":
      let inputs = (0..<count).map { Double($0) / 7 }
      lines = try map(inputs, "threads", threads: 2) { number(Int(($0 * 7).rounded())) + $0 }.map(text)
    case "at-root":
      if isSerial {
        lines = (0..<count).map { text(fit($0)) }
      } else {
        let fits = try (0..<count).parallel(checkpoint: checkpoint("at-root")).atRoot.map {
          start("at-root", $0)
          return fit($0)
        }
        try fits.atRoot { lines = $0.map(text) }
      }
    // Some items fail each time and have no result.
    case "failures": lines = try failures()
    // The results of the first call are the items of the second.
    case "two-calls":
      let first = try map(0..<(count / 2), "first", root)
      let second = try map(first, "second") { fit(Int($0.bitPattern % 1_000_003)) }
      lines = first.map(text) + second.map(text)
    default: throw ProgramError()
    }
    let output = lines.joined(separator: "\n")
    try Seppo.atRoot { try Data((output + "\n").utf8).write(to: URL(fileURLWithPath: out)) }
  }

  static func failures() throws -> [String] {
    let mayFail: @Sendable (Int) throws -> Double = { item in
      if item % 97 == 13 { throw ProgramError() }
      return number(item)
    }
    if isSerial { return (0..<count).map { (try? mayFail($0)).map(text) ?? "failed" } }
    let results = try (0..<count).parallel(checkpoint: checkpoint("failures")).mapResults {
      start("failures", $0)
      return try mayFail($0)
    }
    return results.map { (try? $0.get()).map(text) ?? "failed" }
  }

  static func checkpoint(_ label: String) -> Checkpoint { .sqlite(file, label: label, deaths: deaths) }

  static func map<Items: Collection & Sendable, Result: Codable & Sendable>(
    _ items: Items, _ label: String, threads: Int? = nil, _ f: @Sendable (Items.Element) -> Result
  ) throws -> [Result] where Items.Element: Codable & Sendable & Hashable {
    if isSerial { return items.map(f) }
    // `f` doesn't get the index.
    let indices = Dictionary(zip(items, 0...), uniquingKeysWith: { first, _ in first })
    return try items.parallel(threads: threads, checkpoint: checkpoint(label)).map { item in
      start(label, indices[item] ?? -1)
      return f(item)
    }
  }

  /// Logs the item and takes some time, half of it computing, half sleeping.
  static func start(_ call: String, _ item: Int) {
    let line = "\(call) \(item) \(Seppo.rank)\n"
    let written = line.utf8.withContiguousStorageIfAvailable { write(log, $0.baseAddress, $0.count) }
    guard written == line.utf8.count else { fatalError("can't write the log: \(errno)") }
    var random = SplitMix(state: seed &* 1_000_003 &+ UInt64(bitPattern: Int64(item)))
    let microseconds = random.next() % 200 == 0 ? 50_000 : Int(random.next() % 2_600)
    usleep(UInt32(microseconds / 2))
    let end = ContinuousClock.now + .microseconds(microseconds / 2)
    while ContinuousClock.now < end {}
  }

  @Sendable static func number(_ item: Int) -> Double {
    item % 211 == 5 ? .nan : root(item)
  }

  @Sendable static func root(_ item: Int) -> Double { (Double(item) * 1.1 + Double(seed % 1_000)).squareRoot() }

  @Sendable static func fit(_ item: Int) -> Fit {
    Fit(
      amplitude: number(item), label: item % 3 == 0 ? nil : "star \(item)",
      residuals: (0..<(item % 9)).map { Float($0 + item) / 7 },
      steps: (0..<(item % 4)).map { Array(repeating: item, count: $0) })
  }

  static func text(_ number: Double) -> String { String(number.bitPattern, radix: 16) }

  static func text(_ fit: Fit) -> String {
    "\(text(fit.amplitude)) \(fit.label ?? "nil") \(fit.residuals.map(\.bitPattern)) \(fit.steps)"
  }
}

struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
