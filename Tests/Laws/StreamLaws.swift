import SeppoMPI
import Synchronization

/// What a consumer has got on rank 0.
private func consumed<Base: Sequence, Value: Codable & Sendable>(
  _ xs: Parallel<Base>, _ order: ResultOrder = .index, _ f: @Sendable (Base.Element) throws -> Value
) throws -> [(Int, Value)] {
  var all: [(Int, Value)] = []
  try xs.forEachResult(f, order: order) { index, value in all.append((index, value)) }
  return all
}

let streamLaws = [
  Law("results come in the order of the elements, each once, on rank 0, for generated inputs and options") {
    var random = Seeded(state: 21 + UInt64(Seppo.size))
    for round in 0..<8 {
      let count = [0, 1, 2, 30, 1_000, 20_000].randomElement(using: &random)!
      let numbers = (0..<count).map { _ in Int.random(in: -1_000...1_000, using: &random) }
      var options = ParallelOptions.random(using: &random)
      // Few results at a time take a message each.
      options.buffer = (count > 1_000 ? [nil, 100, 1_000_000] : [nil, 1, 3, 100]).randomElement(using: &random)!
      let what = "round \(round), \(count) items, \(options):"
      let found = try consumed(numbers.parallel(options)) { "\($0)" }
      try requireEqual(found.map(\.0), Seppo.isRoot ? Array(0..<count) : [], what)
      try requireEqual(found.map(\.1), Seppo.isRoot ? numbers.map { "\($0)" } : [], what)
      let unordered = try consumed((0..<count).parallel(options), .completion) { Double($0) / 2 }
      try requireEqual(Set(unordered.map(\.0)).count, Seppo.isRoot ? count : 0, what)
      try requireEqual(unordered.count, Seppo.isRoot ? count : 0, what)
      try require(unordered.allSatisfy { $0.1 == Double($0.0) / 2 }, what)
    }
  },
  Law("the results before the lowest element that throws are consumed, then its error is thrown on every rank") {
    for throwing in [[0], [4_999], [2_501, 17, 3_000]] {
      var indices: [Int] = []
      let error = try errorOf {
        try (0..<5_000).parallel().forEachResult({ item -> Int in
          if throwing.contains(item) { throw LawError(description: "item \(item)") }
          return item
        }) { index, _ in indices.append(index) }
      }
      guard case .itemThrew(let item) = error else { throw LawError(description: "\(error)") }
      try requireEqual(item.index, throwing.min())
      try requireEqual(indices, Seppo.isRoot ? Array(0..<throwing.min()!) : [])
    }
  },
  Law("a consumer that throws ends the call with its error on every rank, and no further items are started") {
    let started = Counter()
    var count = 0
    let error = try errorOf {
      try (0..<1_000_000).parallel(buffer: 100).forEachResult({ item -> Int in
        started.add(1)
        return item
      }) { index, _ in
        count += 1
        if index == 10 { throw LawError(description: "eleven are enough") }
      }
    }
    guard case .consumerThrew(let body) = error else { throw LawError(description: "\(error)") }
    try requireEqual(body.type, "LawError")
    try requireEqual(body.description, "eleven are enough")
    try require(body.place.contains("StreamLaws.swift:"), body.place)
    try requireEqual(count, Seppo.isRoot ? 11 : 0)
    try require(started.value < 10_000, "\(started.value) items were started")
    // A SeppoError is thrown as it is.
    let own = try errorOf {
      try (0..<10).parallel().forEachResult({ $0 }) { _, _ in _ = try [1].parallel(threads: 0).map { $0 } }
    }
    guard case .badOption = own else { throw LawError(description: "\(own)") }
  },
  Law("no more results than the buffer allows are computed before they are consumed") {
    for (buffer, order) in [(1, ResultOrder.index), (5, .completion), (40, .index)] {
      let started = try SharedBytes(2_000)
      var (most, consumed) = (0, 0)
      try (0..<2_000).parallel(buffer: buffer).forEachResult(
        { item -> Int in
          started.mark(item)
          return item
        }, order: order
      ) { _, _ in
        consumed += 1
        if consumed % 100 == 0 { most = max(most, (0..<2_000).count { started.isMarked($0) } - consumed) }
      }
      try require(most <= buffer, "\(most) results wait where \(buffer) may")
    }
  },
  Law("a consumer may use verbs, which run on rank 0 alone, and calls of all ranks are an error there") {
    var sums: [Int] = []
    try (0..<4).parallel().forEachResult({ $0 }) { _, value in
      sums.append(try (0..<value).mapParallel { $0 }.reduce(0, +))
      try (0..<value).parallel().forEachResult({ $0 + 1 }) { _, next in sums.append(next) }
    }
    try requireEqual(sums, Seppo.isRoot ? [0, 0, 1, 1, 1, 2, 3, 1, 2, 3] : [])
    let error = try errorOf {
      try (0..<4).parallel().forEachResult({ $0 }) { _, _ in _ = try Seppo.atRoot { 1 } }
    }
    guard case .nested(let call) = error else { throw LawError(description: "\(error)") }
    try requireEqual(call.inside, "the code that consumes results")
  },
  Law("results come inside items and inside atRoot, too") {
    let nested = try (0..<5).mapParallel { n in
      var found: [Int] = []
      try (0..<n).parallel(retries: 1).forEachResult({ $0 * 2 }) { index, value in found += [index, value] }
      return found
    }
    try requireEqual(nested, (0..<5).map { n in (0..<n).flatMap { [$0, $0 * 2] } })
    var found: [Int] = []
    try Seppo.atRoot { try [3, 4].parallel().forEachResult({ $0 + 1 }) { _, value in found.append(value) } }
    try requireEqual(found, Seppo.isRoot ? [4, 5] : [])
    let words = try Seppo.atRoot { ["a", "b"] }
    found = []
    try words.parallel().forEachResult({ $0.utf8.count }) { index, count in found += [index, count] }
    try requireEqual(found, Seppo.isRoot ? [0, 1, 1, 1] : [])
  },
  Law("a result is consumed while other items are still computed") {
    // The items after the first one wait until rank 0 has consumed its result.
    let isConsumed = try SharedBytes(1)
    try (0..<20).parallel(buffer: 20).forEachResult({ item -> Int in
      if item > 0, !isConsumed.waitFor([0]) { throw LawError(description: "the first result isn't consumed") }
      return item
    }) { index, _ in if index == 0 { isConsumed.mark(0) } }
  },
  Law("items that throw are retried in a stream") {
    let tried = try SharedBytes(300)
    let found = try consumed((0..<300).parallel(retries: 1, buffer: 7)) { item -> Int in
      if item % 13 == 0, !tried.isMarked(item) {
        tried.mark(item)
        throw LawError(description: "the first time")
      }
      return item
    }
    try requireEqual(found.map(\.1), Seppo.isRoot ? Array(0..<300) : [])
  },
  Law("items of a stream have a state per thread, and random numbers that depend on seed and index alone") {
    var (counts, numbers) = ([Int](), [Double]())
    try (0..<500).parallel(threads: 1).forEachResult(
      with: { Counter() }, { counter, _ in counter.add(1) }, order: .completion
    ) { _, count in counts.append(count) }
    try requireEqual(counts.count, Seppo.isRoot ? 500 : 0)
    try require(counts.count { $0 == 1 } <= Seppo.size, "more states than ranks")
    let draw: @Sendable (Int, inout ItemRandom) -> Double = { _, random in Double.random(in: 0..<1, using: &random) }
    try (0..<500).parallel(seed: 3, buffer: 9).forEachResult(draw) { _, number in numbers.append(number) }
    let wanted = try (0..<500).parallel(seed: 3).map(draw)
    try requireEqual(numbers, Seppo.isRoot ? wanted : [])
    let sum = try (0..<500).parallel(chunk: .items(7), seed: 3).mapReduce(0, draw, +)
    try requireEqual(sum, wanted.reduce(0, +))
  },
  Law("a buffer of no results is an error") {
    let error = try errorOf { try [1].parallel(buffer: 0).forEachResult({ $0 }) { _, _ in } }
    guard case .badOption(let option) = error else { throw LawError(description: "\(error)") }
    try requireEqual(option.name, "buffer: 0")
  },
]
