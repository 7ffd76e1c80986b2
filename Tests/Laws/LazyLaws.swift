import SeppoMPI

/// A sequence that is no collection and counts how many elements were drawn.
private struct Numbers: Sequence, IteratorProtocol {
  let end: Int
  let drawn: Counter
  private var nextNumber = 0

  init(_ end: Int, _ drawn: Counter = Counter()) {
    self.end = end
    self.drawn = drawn
  }

  mutating func next() -> Int? {
    guard nextNumber < end else { return nil }
    drawn.add(1)
    defer { nextNumber += 1 }
    return nextNumber
  }
}

let lazyLaws = [
  Law("verbs over a sequence equal Sequence's, for generated inputs and options") {
    var random = Seeded(state: 23 + UInt64(Seppo.size))
    for round in 0..<6 {
      let count = [0, 1, 2, 30, 1_000, 5_000].randomElement(using: &random)!
      let options = ParallelOptions.random(using: &random)
      let what = "round \(round), \(count) items, \(options):"
      let all = Array(0..<count)
      try requireEqual(try Numbers(count).parallel(options).map { "\($0)" }, all.map { "\($0)" }, what)
      try requireEqual(try Numbers(count).parallel(options).map { Double($0) / 3 }, all.map { Double($0) / 3 }, what)
      try requireEqual(
        try Numbers(count).parallel(options).compactMap { $0 % 3 == 0 ? $0 : nil }, all.filter { $0 % 3 == 0 }, what)
      let sum = try Numbers(count).parallel(options).reduce(into: 0, { $0 += $1 }, merge: { $0 += $1 })
      try requireEqual(sum, all.reduce(0, +), what)
      try requireEqual(try Numbers(count).parallel(options).filter { $0 % 5 == 1 }, all.filter { $0 % 5 == 1 }, what)
      try requireEqual(try Numbers(count).parallel(options).flatMap { [$0, -$0] }, all.flatMap { [$0, -$0] }, what)
      try requireEqual(
        try Numbers(count).parallel(options).first { $0 > count / 2 }, all.first { $0 > count / 2 }, what)
      try requireEqual(
        try Numbers(count).parallel(options).contains { $0 == count - 1 }, count > 0, what)
      try requireEqual(try Numbers(count).parallel(options).count { $0 % 2 == 0 }, (count + 1) / 2, what)
      let far: @Sendable (Int, Int) -> Bool = { $0 % 1_000 < $1 % 1_000 }
      try requireEqual(try Numbers(count).parallel(options).max(by: far), all.max(by: far), what)
      try requireEqual(try Numbers(count).parallel(options).min(by: far), all.min(by: far), what)
      try requireEqual(try Numbers(count).parallel(options).mapReduce(3, { 2 * $0 }, +), 3 + 2 * all.reduce(0, +), what)
      let done = try SharedBytes(max(1, count))
      try Numbers(count).parallel(options).forEach { done.mark($0) }
      try require(all.allSatisfy { done.isMarked($0) }, what)
      let kept = try Numbers(count).parallel(options).mapResults { item -> Int in
        if item % 7 == 3 { throw LawError(description: "\(item)") }
        return item
      }
      try requireEqual(kept.map { try? $0.get() }, all.map { $0 % 7 == 3 ? nil : $0 }, what)
      let lazy = all.lazy.map { [$0, $0 + 1] }
      try requireEqual(try lazy.parallel(options).map { $0[0] * $0[1] }, all.map { $0 * ($0 + 1) }, what)
      let atRoot = try Numbers(count).parallel(options).atRoot.map { $0 + 1 }
      try requireEqual(atRoot.value, Seppo.isRoot ? all.map { $0 + 1 } : nil, what)
    }
  },
  Law("a sequence is drawn on rank 0 only, and each element once") {
    let drawn = Counter()
    try requireEqual(try Numbers(5_000, drawn).mapParallel { $0 }.count, 5_000)
    try requireEqual(drawn.value, Seppo.isRoot ? 5_000 : 0)
  },
  Law("an endless sequence is drawn only as far as results are consumed") {
    let drawn = Counter()
    var last = -1
    let error = try errorOf {
      try Numbers(.max, drawn).parallel(buffer: 50).forEachResult({ $0 }) { index, value in
        last = value
        if index == 2_000 { throw LawError(description: "enough") }
      }
    }
    guard case .consumerThrew = error else { throw LawError(description: "\(error)") }
    try requireEqual(last, Seppo.isRoot ? 2_000 : -1)
    try require(drawn.value <= 2_000 + 2 * 50, "\(drawn.value) elements were drawn")
  },
  Law("a search in an endless sequence ends when it has found an element") {
    try requireEqual(try Numbers(.max).parallel().first { $0 * $0 > 1_000_000 }, 1_001)
    try requireEqual(try Numbers(.max).parallel().contains { $0 == 777 }, true)
    try requireEqual(try Numbers(.max).parallel().allSatisfy { $0 < 4_321 }, false)
  },
  Law("an element that throws ends a call over an endless sequence") {
    let error = try errorOf {
      _ = try Numbers(.max).mapParallel { item in
        if item == 3_000 { throw LawError(description: "here") }
        return item
      }
    }
    guard case .itemThrew(let item) = error else { throw LawError(description: "\(error)") }
    try requireEqual(item.index, 3_000)
  },
  Law("a reduction over a sequence groups by index: the same bits for any ranks, threads and chunks") {
    // 1,024 blocks of one item, then 512 of two, 512 of four, and so on.
    for count in [0, 1, 1_024, 1_027, 3_000, 20_000] {
      var wanted: Double?
      var (start, block) = (0, 0)
      while start < count {
        let size = 1 << max(0, block / 512 - 1)
        var value = 0.0
        for item in start..<min(start + size, count) { value += 1 / Double(3 * item + 1) }
        wanted = wanted.map { $0 + value } ?? value
        (start, block) = (start + size, block + 1)
      }
      for options in [ParallelOptions(), ParallelOptions(chunk: .items(3), threads: 2), ParallelOptions(retries: 1)] {
        let sum = try Numbers(count).parallel(options).reduce(
          into: 0.0, { $0 += 1 / Double(3 * $1 + 1) }, merge: { $0 += $1 })
        try requireEqual(sum.bitPattern, (wanted ?? 0).bitPattern, "\(count) items, \(options):")
      }
    }
  },
  Law("a sequence may block: the elements before are computed and consumed") {
    // Element 5 comes only when the results of those before have been consumed.
    let consumed = try SharedBytes(5)
    var next = 0
    let numbers = AnyIterator<Int> {
      if next == 5, !consumed.waitFor(0..<5) { return nil }
      defer { next += 1 }
      return next < 10 ? next : nil
    }
    var found: [Int] = []
    try numbers.parallel().forEachResult({ $0 * $0 }) { index, value in
      if index < 5 { consumed.mark(index) }
      found.append(value)
    }
    try requireEqual(found, Seppo.isRoot ? (0..<10).map { $0 * $0 } : [])
  },
  Law("a verb inside the iterator of a sequence runs on rank 0 alone") {
    let sums = try (0..<5).lazy.map { n in (try? (0..<n).mapParallel { $0 }.reduce(0, +)) ?? -1 }.mapParallel { $0 }
    try requireEqual(sums, [0, 0, 1, 3, 6])
  },
  Law("an item of a sequence that can't be encoded has its own index in the error") {
    let values = (0..<3_000).lazy.map { $0 == 2_345 ? Double.nan : Double($0) }
    let encoded = values.map { Picky(value: $0) }
    let results = try encoded.parallel().mapResults { $0.value }
    if Seppo.size > 1 {
      guard case .failure(.notEncodable(let failure)) = results[2_345] else {
        throw LawError(description: "\(results[2_345])")
      }
      try requireEqual(failure.index, 2_345)
    }
    let successes = results.count { (try? $0.get()) != nil }
    // With SEPPO_CHECK=1, a single rank encodes its items too.
    guard successes == 2_999 || successes == 3_000 && Seppo.size == 1 else {
      throw LawError(description: "\(successes) successes")
    }
  },
]

/// A number that can't be encoded if it isn't finite.
private struct Picky: Codable, Sendable {
  let value: Double

  init(value: Double) { self.value = value }

  init(from decoder: any Decoder) throws { value = try decoder.singleValueContainer().decode(Double.self) }

  func encode(to encoder: any Encoder) throws {
    guard value.isFinite else { throw LawError(description: "not finite") }
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }
}
