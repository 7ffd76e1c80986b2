import Foundation
import SeppoMPI

/// With `SEPPO_CHECK=1`, an `f` that gives other results on other ranks is an error on every one of them.
private func holdResultsDiffer(
  on rank: Int? = nil, says: [String] = [], line: UInt = #line, _ body: () throws -> Void
) throws {
  let error = try errorOf(body)
  guard case .resultsDiffer(let difference) = error else {
    throw Broken(description: "\(error) (line \(line))")
  }
  let (first, second) = (difference.first, difference.second)
  try hold(first.rank != second.rank, "\(error)", line: line)
  if let rank { try hold([first.rank, second.rank].contains(rank), "\(error)", line: line) }
  for text in says + ["broadcast()", "SEPPO_CHECK=1", "[mapped at SeppoLaws/CheckLaws.swift:"] {
    try hold("\(error)".contains(text), "\(error)", line: line)
  }
  // Every rank has the same, and the ranks are still together.
  try holdEqual(try Seppo.atRoot { "\(error)" }.broadcast(), "\(error)", line: line)
}

private struct Fit: Codable, Equatable {
  var parameters: [String: Double]
  var tags: Set<String>
  var error: Double?
}

private let needsCheck = "SEPPO_CHECK=1 is set under mpirun only"

let checkLaws = [
  Law("with SEPPO_CHECK=1, an f that captures what differs by rank is an error", needsProcess: needsCheck) {
    guard isChecked, Seppo.size > 1 else { return }
    let offset = Seppo.rank
    try holdResultsDiffer(says: [" gave ", " and "]) { _ = try (0..<1_000).mapParallel { $0 + offset } }
    try holdResultsDiffer { _ = try ["a", "b"].mapParallel { "\($0) \(offset)" } }
    try holdResultsDiffer { _ = try [7].mapParallel { [$0, offset] } }
    try holdResultsDiffer { _ = try (0..<50).parallel(chunk: .items(1), threads: 2).map { $0 * offset + 1 } }
    try holdResultsDiffer { try (0..<50).parallel().atRoot.map { Double($0 + offset) } }
    try holdResultsDiffer {
      _ = try (0..<50).parallel(timeout: .seconds(60)).mapResults {
        Fit(parameters: ["a": Double($0 + offset)], tags: [])
      }
    }
    try holdResultsDiffer { _ = try stride(from: 0, to: 1, by: 0.1).mapParallel { $0 + Double(offset) } }
    let words = try Seppo.atRoot { ["a", "b", "c"] }
    try holdResultsDiffer { _ = try words.mapParallel { "\($0) \(offset)" } }
  },
  Law("with SEPPO_CHECK=1, one rank that gives other results is found, whichever it is", needsProcess: needsCheck) {
    guard isChecked, Seppo.size > 1 else { return }
    for other in 0..<Seppo.size {
      let isOther = Seppo.rank == other
      try holdResultsDiffer(on: other) { _ = try (0..<300).mapParallel { isOther ? 0.0 : Double($0) + 1 } }
    }
  },
  Law("with SEPPO_CHECK=1, random numbers in f, and the time, are found", needsProcess: needsCheck) {
    guard isChecked, Seppo.size > 1 else { return }
    try holdResultsDiffer { _ = try (0..<40).mapParallel { _ in Double.random(in: 0..<1) } }
    try holdResultsDiffer { _ = try (0..<40).mapParallel { "\($0) \(UUID())" } }
    try holdResultsDiffer { _ = try (0..<40).mapParallel { _ in ContinuousClock.now } }
  },
  Law("with SEPPO_CHECK=1, an item that throws on one of two ranks is found", needsProcess: needsCheck) {
    guard isChecked, Seppo.size > 1 else { return }
    for keepsFailures in [false, true] {
      let board = try SharedBoard(20)
      try holdResultsDiffer(says: ["an error (Refused"]) {
        let work = (0..<20).parallel()
        let f = { @Sendable (item: Int) throws -> Int in
          if board.isMarked(item) { throw Refused() }
          board.mark(item)
          return item
        }
        if keepsFailures { _ = try work.mapResults(f) } else { _ = try work.map(f) }
      }
      try holdEqual(try (0..<10).mapParallel { $0 }, Array(0..<10))
    }
  },
  Law("with SEPPO_CHECK=1, what is equal is not taken for different") {
    // The order in sets and dictionaries, and what is no number.
    let fits = try (0..<60).mapParallel { item in
      Fit(
        parameters: Dictionary(uniqueKeysWithValues: (0..<item).map { ("\($0)", Double($0)) }),
        tags: Set((0..<item).map { "tag \($0)" }), error: .nan)
    }
    try holdEqual(fits.map(\.parameters.count), Array(0..<60))
    try holdEqual(try (0..<60).mapParallel { _ in Double.nan }.count, 60)
    let grid = { @Sendable (size: Int) in Grid(cells: Dictionary(uniqueKeysWithValues: (0..<size).map { ($0, 0.5) })) }
    try holdEqual(try (0..<60).mapParallel(grid), (0..<60).map(grid))
    try holdEqual(try [Int]().mapParallel { $0 }, [])
    // An item that is tried again may throw now and then.
    let board = try SharedBoard(60)
    let results = try (0..<60).parallel(retries: 5).map { item -> Int in
      board[item] &+= 1
      if board[item] % 2 == 0 { throw Refused() }
      return item
    }
    try holdEqual(results, Array(0..<60))
  },
  Law("with SEPPO_CHECK=1, five items are computed twice, first and last among them", needsProcess: needsCheck) {
    guard isChecked, Seppo.size > 1, Seppo.size <= 5 else { return }
    let board = try SharedBoard(100)
    let results = try (0..<100).mapParallel { item in
      board[item] += 1
      return item
    }
    try holdEqual(results, Array(0..<100))
    try Seppo.atRoot {
      try holdEqual([board[0], board[99]], [2, 2])
      try holdEqual((0..<100).reduce(0) { $0 + Int(board[$1]) }, 105)
    }
  },
]

private struct Refused: Error {}

/// Writes its cells in the order that a process happens to have them in.
private struct Grid: Codable, Equatable {
  let cells: [Int: Double]

  init(cells: [Int: Double]) { self.cells = cells }

  init(from decoder: any Decoder) throws {
    let pairs = try [[Double]](from: decoder)
    cells = Dictionary(uniqueKeysWithValues: pairs.map { (Int($0[0]), $0[1]) })
  }

  func encode(to encoder: any Encoder) throws { try cells.map { [Double($0), $1] }.encode(to: encoder) }
}
