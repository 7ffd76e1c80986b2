import Foundation
import SeppoMPI

/// Returns the value that a reduction must have, bit for bit: at most 1,024 blocks of neighbors, merged in order.
private func grouped<Element, Value>(
  _ items: [Element], into initial: Value, _ update: (inout Value, Element) throws -> Void,
  merge: (inout Value, Value) throws -> Void
) rethrows -> Value {
  let size = max(1, (items.count + 1_023) / 1_024)
  var whole: Value?
  for first in stride(from: 0, to: items.count, by: size) {
    var value = initial
    for item in items[first..<min(first + size, items.count)] { try update(&value, item) }
    if whole == nil { whole = value } else { try merge(&whole!, value) }
  }
  return whole ?? initial
}

private let everyOptions = [
  ParallelOptions(), ParallelOptions(chunk: .items(3)), ParallelOptions(threads: 3),
  ParallelOptions(chunk: .items(100), threads: 2, retries: 2), ParallelOptions(timeout: .seconds(60)),
]

@Sendable private func addInverse(_ sum: inout Double, _ item: Int) { sum += 1 / Double(3 * item + 1) }

let reduceLaws = [
  Law("reduce equals Sequence.reduce, for generated inputs and options") {
    var random = Seeded(state: 13 + UInt64(Seppo.size))
    for round in 0..<12 {
      let count = [0, 1, 2, 30, 1_024, 1_025, 5_000].randomElement(using: &random)!
      let numbers = (0..<count).map { _ in Int.random(in: -1_000...1_000, using: &random) }
      let options = ParallelOptions.random(using: &random)
      let sum = try numbers.parallel(options).reduce(into: 0, { $0 += $1 }, merge: { $0 += $1 })
      try requireEqual(sum, numbers.reduce(0, +), "round \(round), \(options):")
      let words = numbers.map { "\($0)" }
      let joined = try words.parallel(options).reduce(into: [String](), { $0.append($1) }, merge: { $0 += $1 })
      try requireEqual(joined, words, "round \(round), \(options):")
      let counts = try words.parallel(options).reduce(
        into: [Int: Int](), { $0[$1.count, default: 0] += 1 }, merge: { $0.merge($1, uniquingKeysWith: +) })
      try requireEqual(counts, words.reduce(into: [:]) { $0[$1.count, default: 0] += 1 }, "round \(round), \(options):")
    }
  },
  Law("a sum of floating-point numbers has the same bits for any ranks, threads and chunks") {
    for count in [0, 1, 7, 1_024, 3_000, 20_000] {
      let numbers = (0..<count).map { item -> Double in 1 / Double(3 * item + 1) }
      let wanted = grouped(numbers, into: 0.0, { $0 += $1 }, merge: { $0 += $1 })
      for options in everyOptions {
        let what = "\(count) numbers, \(options):"
        let sum = try numbers.parallel(options).reduce(into: 0.0, { $0 += $1 }, merge: { $0 += $1 })
        try requireEqual(sum.bitPattern, wanted.bitPattern, what)
        let progression = try (0..<count).parallel(options).reduce(into: 0.0, addInverse, merge: { $0 += $1 })
        try requireEqual(progression.bitPattern, wanted.bitPattern, what)
      }
    }
  },
  Law("a block that is computed again after a failure changes no bit") {
    let shared = try SharedBytes(2_000)
    let sum = try (0..<2_000).parallel(retries: 3).reduce(
      into: 0.0,
      { sum, item in
        if item % 97 == 0, !shared.isMarked(item) {
          shared.mark(item)
          throw LawError(description: "the first time")
        }
        sum += 1 / Double(item + 1)
      }, merge: { $0 += $1 })
    let wanted = grouped(Array(0..<2_000), into: 0.0, { sum, item in sum += 1 / Double(item + 1) }, merge: { $0 += $1 })
    try requireEqual(sum.bitPattern, wanted.bitPattern)
  },
  Law("reduce throws the error of the lowest element that throws, at any position in a block") {
    for throwing in [[0], [4_999], [2_501, 17, 3_000], [4_096, 4_097]] {
      let error = try errorOf {
        _ = try (0..<5_000).parallel().reduce(
          into: 0,
          { sum, item in
            if throwing.contains(item) { throw LawError(description: "item \(item)") }
            sum += item
          }, merge: { $0 += $1 })
      }
      guard case .itemThrew(let item) = error else { throw LawError(description: "\(error)") }
      try requireEqual(item.index, throwing.min())
      try requireEqual(item.description, "item \(throwing.min()!)")
    }
  },
  Law("an initial value that isn't neutral is an error, and an error of merge is thrown on every rank") {
    let error = try errorOf { _ = try (0..<100).parallel().reduce(into: 10, { $0 += $1 }, merge: { $0 += $1 }) }
    guard case .badOption(let option) = error, option.name == "reduce(into: 10)" else {
      throw LawError(description: "\(error)")
    }
    try require(option.reason.contains("20"), option.reason)
    try require(option.place.contains("ReduceLaws.swift:"), option.place)
    let thrown = try errorOf {
      _ = try (0..<100).parallel().reduce(
        into: 0, { $0 += $1 },
        merge: { sum, other in
          if other == 50 { throw LawError(description: "fifty") }
          sum += other
        })
    }
    guard case .mergeThrew(let body) = thrown, (body.type, body.description) == ("LawError", "fifty") else {
      throw LawError(description: "\(thrown)")
    }
    // A verb in merge runs where that does.
    let nested = try (0..<3).parallel().reduce(
      into: 0, { $0 += $1 }, merge: { $0 += try [$1].mapParallel { 2 * $0 }[0] })
    try requireEqual(nested, 6)
    let refused = try errorOf {
      _ = try (0..<3).parallel().reduce(into: 0, { $0 += $1 }, merge: { _, _ in try Seppo.atRoot {} })
    }
    guard case .nested(let call) = refused, (call.call, call.inside) == ("atRoot", "the merge of a reduction") else {
      throw LawError(description: "\(refused)")
    }
    // A single block is not merged, so its initial value is not checked.
    try requireEqual(try [5].parallel().reduce(into: 10, { $0 += $1 }, merge: { $0 += $1 }), 15)
    try requireEqual(try (0..<4).mapParallel { $0 }, [0, 1, 2, 3])
  },
  Law("atRoot.reduce keeps the value on rank 0, and reduce works inside items and on an AtRoot collection") {
    let sum = try (0..<3_000).parallel().atRoot.reduce(into: 0, { $0 += $1 }, merge: { $0 += $1 })
    try requireEqual(sum.value, Seppo.isRoot ? (0..<3_000).reduce(0, +) : nil)
    let none = try [Int]().parallel().atRoot.reduce(into: 3, { $0 += $1 }, merge: { $0 += $1 })
    try requireEqual(none.value, Seppo.isRoot ? 3 : nil)
    let nested = try (0..<5).mapParallel { n in
      try (0..<(700 * n)).parallel().reduce(into: 0, { $0 += $1 }, merge: { $0 += $1 })
    }
    try requireEqual(nested, (0..<5).map { (0..<(700 * $0)).reduce(0, +) })
    let words = try Seppo.atRoot { ["a", "bb", "ccc"] }
    let longest = try words.parallel().reduce(into: "", { $0 = max($0, $1) }, merge: { $0 = max($0, $1) })
    try requireEqual(longest, "ccc")
  },
  Law("a value with a property that isn't encoded is the same on every rank") {
    let last = try (0..<10).parallel().reduce(
      into: Lossy(kept: 0, lost: 0), { $0.kept += $1 }, merge: { $0.kept += $1.kept })
    try requireEqual(try Seppo.atRoot { last.lost }.broadcast(), last.lost)
    try requireEqual(last.kept, 45)
  },
]

private struct Lossy: Codable {
  var kept: Int
  var lost = 7

  private enum CodingKeys: CodingKey { case kept }
}

extension ParallelOptions {
  /// Returns random options, none of which changes a result.
  static func random(using random: inout Seeded) -> ParallelOptions {
    ParallelOptions(
      chunk: Bool.random(using: &random) ? .automatic : .items(Int.random(in: 1...20, using: &random)),
      threads: Int.random(in: 1...3, using: &random), retries: Int.random(in: 0...2, using: &random),
      timeout: Int.random(in: 0...4, using: &random) == 0 ? .seconds(120) : nil,
      isolation: Int.random(in: 0...4, using: &random) == 0 && mayFork ? .process : .thread)
  }
}
