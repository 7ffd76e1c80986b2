import Foundation
import SeppoMPI

let forEachLaws = [
  Law("forEach visits every element once, for generated inputs and options") {
    var random = Seeded(state: 31 + UInt64(Seppo.size))
    for round in 0..<8 {
      let count = [0, 1, 40, 16_384, 20_000].randomElement(using: &random)!
      let options = ParallelOptions.random(using: &random)
      let board = try SharedBoard(max(1, count))
      try (0..<count).map { $0 }.parallel(options).forEach { board[$0] += 1 }
      for item in 0..<count {
        guard board[item] != 1 else { continue }
        throw Broken(
          description: "round \(round), \(options): item \(item) of \(count) was visited \(board[item]) times")
      }
    }
  },
  Law("the lowest element that throws decides a forEach, and with retries it is visited again") {
    let error = try errorOf {
      try (0..<50_000).parallel().forEach {
        if [40_001, 40_002, 49_999].contains($0) { throw Broken(description: "\($0)") }
      }
    }
    guard case .itemThrew(let item) = error else { throw Broken(description: "\(error)") }
    try holdEqual(item.index, 40_001)
    let board = try SharedBoard(100)
    try (0..<100).parallel(retries: 1).forEach { item in
      board[item] += 1
      if item % 10 == 3, board[item] == 1 { throw Broken(description: "the first time") }
    }
    for item in 0..<100 { try holdEqual(board[item], item % 10 == 3 ? 2 : 1, "item \(item):") }
  },
  Law("forEach nests in items and in atRoot, on what only rank 0 has", withoutCheck: true) {
    let board = try SharedBoard(60)
    _ = try (0..<3).mapParallel { ten in
      try (0..<10).parallel().forEach { board[10 * ten + $0] += 1 }
      return true
    }
    try Seppo.atRoot { try (30..<40).parallel().forEach { board[$0] += 1 } }
    try Seppo.atRoot { Array(40..<60) }.parallel(chunk: .items(3)).forEach { board[$0] += 1 }
    for item in 0..<60 { try holdEqual(board[item], 1, "item \(item):") }
  },
]
