import Foundation
import SeppoMPI

/// Requires that the body throws `resultsDiffer`, the same on every rank.
///
/// - Parameters:
///   - rank: One of the two ranks that the error must name.
///   - says: Texts that the error must contain.
private func requireResultsDiffer(
  on rank: Int? = nil, says: [String] = [], line: UInt = #line, _ body: () throws -> Void
) throws {
  let error = try errorOf(body)
  guard case .resultsDiffer(let difference) = error else {
    throw LawError(description: "\(error) (line \(line))")
  }
  let (first, second) = (difference.first, difference.second)
  try require(first.rank != second.rank, "\(error)", line: line)
  if let rank { try require([first.rank, second.rank].contains(rank), "\(error)", line: line) }
  for text in says + ["broadcast()", "SEPPO_CHECK=1", "[mapped at SeppoLaws/CheckLaws.swift:"] {
    try require("\(error)".contains(text), "\(error)", line: line)
  }
  // The error is the same on every rank, and the ranks still make the same calls.
  try requireEqual(try Seppo.atRoot { "\(error)" }.broadcast(), "\(error)", line: line)
}

private struct Fit: Codable, Equatable {
  var parameters: [String: Double]
  var tags: Set<String>
  var error: Double?
}

private let needsCheck = "SEPPO_CHECK=1 is tested under mpirun only"

let checkLaws = [
  Law("with SEPPO_CHECK=1, an f that captures a value that differs between ranks is an error", needsProcess: needsCheck)
  {
    guard isChecked, Seppo.size > 1 else { return }
    let offset = Seppo.rank
    try requireResultsDiffer(says: [" has the result ", " and "]) { _ = try (0..<1_000).mapParallel { $0 + offset } }
    try requireResultsDiffer { _ = try ["a", "b"].mapParallel { "\($0) \(offset)" } }
    try requireResultsDiffer { _ = try [7].mapParallel { [$0, offset] } }
    try requireResultsDiffer { _ = try (0..<50).parallel(chunk: .items(1), threads: 2).map { $0 * offset + 1 } }
    try requireResultsDiffer { try (0..<50).parallel().atRoot.map { Double($0 + offset) } }
    try requireResultsDiffer {
      _ = try (0..<50).parallel(timeout: .seconds(60)).mapResults {
        Fit(parameters: ["a": Double($0 + offset)], tags: [])
      }
    }
    try requireResultsDiffer { _ = try stride(from: 0, to: 1, by: 0.1).mapParallel { $0 + Double(offset) } }
    let words = try Seppo.atRoot { ["a", "b", "c"] }
    try requireResultsDiffer { _ = try words.mapParallel { "\($0) \(offset)" } }
  },
  Law("with SEPPO_CHECK=1, a single rank with different results is found", needsProcess: needsCheck) {
    guard isChecked, Seppo.size > 1 else { return }
    for other in 0..<Seppo.size {
      let isOther = Seppo.rank == other
      try requireResultsDiffer(on: other) { _ = try (0..<300).mapParallel { isOther ? 0.0 : Double($0) + 1 } }
    }
  },
  Law("with SEPPO_CHECK=1, results from random numbers or the time are found", needsProcess: needsCheck) {
    guard isChecked, Seppo.size > 1 else { return }
    try requireResultsDiffer { _ = try (0..<40).mapParallel { _ in Double.random(in: 0..<1) } }
    try requireResultsDiffer { _ = try (0..<40).mapParallel { "\($0) \(UUID())" } }
    try requireResultsDiffer { _ = try (0..<40).mapParallel { _ in ContinuousClock.now } }
  },
  Law("with SEPPO_CHECK=1, an item that throws on one rank only is found", needsProcess: needsCheck) {
    guard isChecked, Seppo.size > 1 else { return }
    for keepsFailures in [false, true] {
      let shared = try SharedBytes(20)
      try requireResultsDiffer(says: ["an error (Refused"]) {
        let work = (0..<20).parallel()
        let f = { @Sendable (item: Int) throws -> Int in
          if shared.isMarked(item) { throw Refused() }
          shared.mark(item)
          return item
        }
        if keepsFailures { _ = try work.mapResults(f) } else { _ = try work.map(f) }
      }
      try requireEqual(try (0..<10).mapParallel { $0 }, Array(0..<10))
    }
  },
  Law("with SEPPO_CHECK=1, equal results are accepted") {
    // Sets and dictionaries in any order, and NaN.
    let fits = try (0..<60).mapParallel { item in
      Fit(
        parameters: Dictionary(uniqueKeysWithValues: (0..<item).map { ("\($0)", Double($0)) }),
        tags: Set((0..<item).map { "tag \($0)" }), error: .nan)
    }
    try requireEqual(fits.map(\.parameters.count), Array(0..<60))
    try requireEqual(try (0..<60).mapParallel { _ in Double.nan }.count, 60)
    let grid = { @Sendable (size: Int) in Grid(cells: Dictionary(uniqueKeysWithValues: (0..<size).map { ($0, 0.5) })) }
    try requireEqual(try (0..<60).mapParallel(grid), (0..<60).map(grid))
    try requireEqual(try [Int]().mapParallel { $0 }, [])
    // With retries, an item may throw the first time.
    let shared = try SharedBytes(60)
    let results = try (0..<60).parallel(retries: 5).map { item -> Int in
      shared[item] &+= 1
      if shared[item] % 2 == 0 { throw Refused() }
      return item
    }
    try requireEqual(results, Array(0..<60))
  },
  Law("with SEPPO_CHECK=1, five items are computed twice, including the first and the last", needsProcess: needsCheck) {
    guard isChecked, Seppo.size > 1, Seppo.size <= 5 else { return }
    let shared = try SharedBytes(100)
    let results = try (0..<100).mapParallel { item in
      shared[item] += 1
      return item
    }
    try requireEqual(results, Array(0..<100))
    try Seppo.atRoot {
      try requireEqual([shared[0], shared[99]], [2, 2])
      try requireEqual((0..<100).reduce(0) { $0 + Int(shared[$1]) }, 105)
    }
  },
]

private struct Refused: Error {}

/// Encodes its cells in the dictionary's order, which differs between processes.
private struct Grid: Codable, Equatable {
  let cells: [Int: Double]

  init(cells: [Int: Double]) { self.cells = cells }

  init(from decoder: any Decoder) throws {
    let pairs = try [[Double]](from: decoder)
    cells = Dictionary(uniqueKeysWithValues: pairs.map { (Int($0[0]), $0[1]) })
  }

  func encode(to encoder: any Encoder) throws { try cells.map { [Double($0), $1] }.encode(to: encoder) }
}
