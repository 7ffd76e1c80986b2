import Foundation
import SeppoMPI

/// Every rank computes this number of items at once, and never more.
func holdAtOnce(_ wanted: Int, threads: Int?) throws {
  let board = try SharedBoard(Seppo.size)
  let atOnce = Tally()
  let found = try (0..<(16 * Seppo.size)).parallel(chunk: .items(1), threads: threads).map { _ -> [Int] in
    let now = atOnce.add(1)
    defer { atOnce.add(-1) }
    if now == wanted { board.mark(Seppo.rank) }
    // So that none has done all before another one begins.
    try hold(board.waitFor(0..<Seppo.size), "a rank has less than \(wanted) items at once")
    usleep(1_000)
    return [Seppo.rank, now]
  }
  for rank in 0..<Seppo.size {
    try holdEqual(found.filter { $0[0] == rank }.map { $0[1] }.max(), wanted, "rank \(rank):")
  }
}

let orderLaws = [
  Law("order under uneven item times") {
    let results = try (0..<60).mapParallel { item -> Int in
      // The first items take longest, so that later ones come back before them.
      usleep(UInt32((60 - item) * 50))
      return item * item
    }
    try holdEqual(results, (0..<60).map { $0 * $0 })
  },
  Law("order under each chunk size") {
    let items = Array(0..<101)
    for size in [1, 2, 7, 100, 101, 1000] {
      try holdEqual(try items.parallel(chunk: .items(size)).map { $0 + 1 }, items.map { $0 + 1 }, "chunk \(size):")
    }
  },
  Law("order with several threads a rank") {
    let results = try (0..<200).parallel(chunk: .items(3), threads: 3).map { item -> String in
      if item % 17 == 0 { usleep(1_000) }
      return "\(item)"
    }
    try holdEqual(results, (0..<200).map { "\($0)" })
  },
  Law("threads that differ from call to call") {
    for threads in [1, 4, 2, 1] {
      try holdEqual(try (0..<50).parallel(threads: threads).map { $0 }, Array(0..<50), "\(threads) threads:")
    }
  },
  Law("as many items at once as threads are wanted, and never more", withoutCheck: true) {
    for threads in [3, 1, 2] { try holdAtOnce(threads, threads: threads) }
  },
  Law("five hundred maps in a row") {
    for round in 0..<500 {
      let results = try (0..<(round % 9)).mapParallel { $0 + round }
      try holdEqual(results, (0..<(round % 9)).map { $0 + round }, "round \(round):")
    }
  },
  Law("every rank computes", withoutCheck: true) {
    let board = try SharedBoard(Seppo.size)
    let ranks = try (0..<(8 * Seppo.size)).parallel(chunk: .items(1)).map { _ -> Int in
      board.mark(Seppo.rank)
      try hold(board.waitFor(0..<Seppo.size), "a rank has no item")
      return Seppo.rank
    }
    try holdEqual(Set(ranks), Set(0..<Seppo.size))
  },
  Law("items are computed once each") {
    let counts = try (0..<1_000).mapParallel { item -> [Int] in [item] }
    try holdEqual(counts.flatMap { $0 }, Array(0..<1_000))
  },
  Law("lazy, sliced, reversed and joined collections") {
    let items = Array(0..<40)
    try holdEqual(try items[10..<30].mapParallel { $0 }, Array(10..<30))
    try holdEqual(try items.reversed().mapParallel { $0 }, items.reversed().map { $0 })
    try holdEqual(try items.lazy.filter { $0 % 3 == 0 }.mapParallel { $0 }, items.filter { $0 % 3 == 0 })
    try holdEqual(
      try "a – ✓ 👩🏽‍🚀".unicodeScalars.map { $0.value }.mapParallel { $0 }, "a – ✓ 👩🏽‍🚀".unicodeScalars.map { $0.value })
    try holdEqual(
      try stride(from: 0, to: 1, by: 0.125).map { $0 }.mapParallel { $0 }, stride(from: 0, to: 1, by: 0.125).map { $0 })
    try holdEqual(try repeatElement("x", count: 7).mapParallel { $0 + $0 }, Array(repeating: "xx", count: 7))
  },
  Law("f may capture values") {
    let factor = 7
    let table = [1: "one", 2: "two"]
    try holdEqual(
      try [1, 2, 3].mapParallel { "\($0 * factor) \(table[$0] ?? "none")" }, ["7 one", "14 two", "21 none"])
  },
  Law("a nested map runs serially, with the same values") {
    let results = try (0..<12).mapParallel { outer -> [Int] in
      try (0..<outer).mapParallel { $0 * outer }
    }
    try holdEqual(results, (0..<12).map { outer in (0..<outer).map { $0 * outer } })
    let twice = try [3, 4].mapParallel { outer in
      try (0..<outer).mapParallel { inner in try (0..<inner).mapParallel { $0 }.count }
    }
    try holdEqual(twice, [[0, 1, 2], [0, 1, 2, 3]])
  },
  Law("a deep recursion fits an item's stack") {
    @Sendable func depth(_ left: Int) -> Int {
      // About 1 KiB a level, so that the usual 8 MiB would not do.
      withUnsafeTemporaryAllocation(byteCount: 1_024, alignment: 16) { buffer in
        buffer[0] = UInt8(truncatingIfNeeded: left)
        return left == 0 ? Int(buffer[0]) : 1 + depth(left - 1)
      }
    }
    // One rank with one thread computes on the caller's own stack.
    let levels = Seppo.size == 1 ? 1_000 : 40_000
    try holdEqual(try [levels, levels].mapParallel(depth), [levels, levels])
  },
]
