import Foundation
import SeppoMPI

/// Requires that every rank computes up to this number of items at once, and never more.
func requireConcurrency(_ wanted: Int, threads: Int?) throws {
  let shared = try SharedBytes(Seppo.size)
  let atOnce = Counter()
  let found = try (0..<(16 * Seppo.size)).parallel(chunk: .items(1), threads: threads).map { _ -> [Int] in
    let now = atOnce.add(1)
    defer { atOnce.add(-1) }
    if now == wanted { shared.mark(Seppo.rank) }
    // So that no rank has computed all items before another one starts.
    try require(shared.waitFor(0..<Seppo.size), "a rank computes fewer than \(wanted) items at once")
    usleep(1_000)
    return [Seppo.rank, now]
  }
  for rank in 0..<Seppo.size {
    try requireEqual(found.filter { $0[0] == rank }.map { $0[1] }.max(), wanted, "rank \(rank):")
  }
}

let orderLaws = [
  Law("results are in order under uneven item times") {
    let results = try (0..<60).mapParallel { item -> Int in
      // The first items take longest, so that later results arrive earlier.
      usleep(UInt32((60 - item) * 50))
      return item * item
    }
    try requireEqual(results, (0..<60).map { $0 * $0 })
  },
  Law("results are in order under every chunk size") {
    let items = Array(0..<101)
    for size in [1, 2, 7, 100, 101, 1000] {
      try requireEqual(try items.parallel(chunk: .items(size)).map { $0 + 1 }, items.map { $0 + 1 }, "chunk \(size):")
    }
  },
  Law("results are in order with several threads per rank") {
    let results = try (0..<200).parallel(chunk: .items(3), threads: 3).map { item -> String in
      if item % 17 == 0 { usleep(1_000) }
      return "\(item)"
    }
    try requireEqual(results, (0..<200).map { "\($0)" })
  },
  Law("the number of threads may change from call to call") {
    for threads in [1, 4, 2, 1] {
      try requireEqual(try (0..<50).parallel(threads: threads).map { $0 }, Array(0..<50), "\(threads) threads:")
    }
  },
  Law("every rank computes as many items at once as it has threads", withoutCheck: true) {
    for threads in [3, 1, 2] { try requireConcurrency(threads, threads: threads) }
  },
  Law("five hundred maps in a row work") {
    for round in 0..<500 {
      let results = try (0..<(round % 9)).mapParallel { $0 + round }
      try requireEqual(results, (0..<(round % 9)).map { $0 + round }, "round \(round):")
    }
  },
  Law("every rank computes items", withoutCheck: true) {
    let shared = try SharedBytes(Seppo.size)
    let ranks = try (0..<(8 * Seppo.size)).parallel(chunk: .items(1)).map { _ -> Int in
      shared.mark(Seppo.rank)
      try require(shared.waitFor(0..<Seppo.size), "a rank computes no item")
      return Seppo.rank
    }
    try requireEqual(Set(ranks), Set(0..<Seppo.size))
  },
  Law("every item is computed once") {
    let counts = try (0..<1_000).mapParallel { item -> [Int] in [item] }
    try requireEqual(counts.flatMap { $0 }, Array(0..<1_000))
  },
  Law("lazy, sliced, reversed and joined collections can be mapped") {
    let items = Array(0..<40)
    try requireEqual(try items[10..<30].mapParallel { $0 }, Array(10..<30))
    try requireEqual(try items.reversed().mapParallel { $0 }, items.reversed().map { $0 })
    try requireEqual(try items.lazy.filter { $0 % 3 == 0 }.mapParallel { $0 }, items.filter { $0 % 3 == 0 })
    try requireEqual(
      try "a – ✓ 👩🏽‍🚀".unicodeScalars.map { $0.value }.mapParallel { $0 }, "a – ✓ 👩🏽‍🚀".unicodeScalars.map { $0.value })
    try requireEqual(
      try stride(from: 0, to: 1, by: 0.125).map { $0 }.mapParallel { $0 }, stride(from: 0, to: 1, by: 0.125).map { $0 })
    try requireEqual(try repeatElement("x", count: 7).mapParallel { $0 + $0 }, Array(repeating: "xx", count: 7))
  },
  Law("f may capture values") {
    let factor = 7
    let table = [1: "one", 2: "two"]
    try requireEqual(
      try [1, 2, 3].mapParallel { "\($0 * factor) \(table[$0] ?? "none")" }, ["7 one", "14 two", "21 none"])
  },
  Law("a nested map runs serially, with the same values") {
    let results = try (0..<12).mapParallel { outer -> [Int] in
      try (0..<outer).mapParallel { $0 * outer }
    }
    try requireEqual(results, (0..<12).map { outer in (0..<outer).map { $0 * outer } })
    let twice = try [3, 4].mapParallel { outer in
      try (0..<outer).mapParallel { inner in try (0..<inner).mapParallel { $0 }.count }
    }
    try requireEqual(twice, [[0, 1, 2], [0, 1, 2, 3]])
  },
  Law("a deep recursion fits an item's stack, in a loop of short maps too") {
    @Sendable func depth(_ left: Int) -> Int {
      // About 1 KiB per level, too much for the usual 8 MiB stack.
      withUnsafeTemporaryAllocation(byteCount: 1_024, alignment: 16) { buffer in
        buffer[0] = UInt8(truncatingIfNeeded: left)
        return left == 0 ? Int(buffer[0]) : 1 + depth(left - 1)
      }
    }
    // One rank with one thread computes on the caller's stack.
    // And with SEPPO_SHARED=always so does the first call, before it is known how much stack its items need.
    let isSmall = Seppo.size == 1 || ProcessInfo.processInfo.environment["SEPPO_SHARED"] == "always"
    let levels = isSmall ? 1_000 : 40_000
    let items = Array(repeating: levels, count: 2 * Seppo.size)
    // After the first maps, the calling threads might compute the items of such a short one.
    for round in 0..<5 { try requireEqual(try items.mapParallel(depth), items, "round \(round)") }
  },
]
