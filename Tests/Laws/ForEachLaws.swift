import Foundation
import SeppoMPI

let forEachLaws = [
  Law("forEach visits every element once, for generated inputs and options") {
    var random = Seeded(state: 31 + UInt64(Seppo.size))
    for round in 0..<8 {
      let count = [0, 1, 40, 16_384, 20_000].randomElement(using: &random)!
      let options = ParallelOptions.random(using: &random)
      let shared = try SharedBytes(max(1, count))
      try (0..<count).map { $0 }.parallel(options).forEach { shared[$0] += 1 }
      for item in 0..<count {
        guard shared[item] != 1 else { continue }
        throw LawError(
          description: "round \(round), \(options): item \(item) of \(count) was visited \(shared[item]) times")
      }
    }
  },
  Law("forEach throws the error of the lowest element that throws, and visits it again with retries") {
    let error = try errorOf {
      try (0..<50_000).parallel().forEach {
        if [40_001, 40_002, 49_999].contains($0) { throw LawError(description: "\($0)") }
      }
    }
    guard case .itemThrew(let item) = error else { throw LawError(description: "\(error)") }
    try requireEqual(item.index, 40_001)
    let shared = try SharedBytes(100)
    try (0..<100).parallel(retries: 1).forEach { item in
      shared[item] += 1
      if item % 10 == 3, shared[item] == 1 { throw LawError(description: "the first time") }
    }
    for item in 0..<100 { try requireEqual(shared[item], item % 10 == 3 ? 2 : 1, "item \(item):") }
  },
  Law("forEach works inside items, inside atRoot, and on an AtRoot collection", withoutCheck: true) {
    let shared = try SharedBytes(60)
    _ = try (0..<3).mapParallel { ten in
      try (0..<10).parallel().forEach { shared[10 * ten + $0] += 1 }
      return true
    }
    try Seppo.atRoot { try (30..<40).parallel().forEach { shared[$0] += 1 } }
    try Seppo.atRoot { Array(40..<60) }.parallel(chunk: .items(3)).forEach { shared[$0] += 1 }
    for item in 0..<60 { try requireEqual(shared[item], 1, "item \(item):") }
  },
]
