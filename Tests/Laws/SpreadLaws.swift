import Foundation
import SeppoMPI

/// Two threads on a single rank: with one thread, an item could not wait for another item.
private var threads: Int { Seppo.size == 1 ? 2 : 1 }

let spreadLaws = [
  Law("items queued behind a long item are computed elsewhere, whichever rank has it") {
    for blocked in Set([0, Seppo.size - 1]).sorted() {
      let count = 40 * Seppo.size
      let shared = try SharedBytes(count)
      let started = Counter()
      // The first item on that rank ends when all others are done, including those queued on the same rank, which are
      // recalled.
      let done = try (0..<count).parallel(chunk: .items(1), threads: threads).map { item -> Bool in
        if Seppo.rank == blocked, started.add(1) == 1 {
          return shared.waitFor((0..<count).filter { $0 != item })
        }
        usleep(500)
        shared.mark(item)
        return true
      }
      try requireEqual(done, Array(repeating: true, count: count), "rank \(blocked):")
    }
  },
  Law("the rest of a long chunk is computed elsewhere") {
    let count = 64 * Seppo.size
    let shared = try SharedBytes(2 * count)
    // The first round calibrates the item times, so that chunks are long in the second.
    for round in 0..<2 {
      let done = try (0..<count).parallel(chunk: .items(4), threads: threads).map { item -> Bool in
        if round == 1, item == 3 { return shared.waitFor((count + 4)..<(2 * count)) }
        shared.mark(round * count + item)
        return true
      }
      try requireEqual(done, Array(repeating: true, count: count), "round \(round):")
    }
  },
  Law("a map starts with the item times measured by earlier calls from the same line", withoutCheck: true) {
    let count = 4_000
    let shared = try SharedBytes(count)
    for round in 0..<3 {
      let results = try (0..<count).parallel(threads: threads).map { item -> Bool in
        guard round == 2 else { return true }
        shared.mark(item)
        if item > 0 {
          usleep(50)
          return true
        }
        // The first chunk is long, so that the first items of the other ranks come after its end.
        while true {
          if let first = (1..<count).first(where: shared.isMarked) { return first >= 8 }
          sched_yield()
        }
      }
      try requireEqual(results, Array(repeating: true, count: count), "round \(round):")
    }
  },
  Law("items that are longer than in earlier calls are computed elsewhere too") {
    for round in 0..<2 {
      let count = round == 0 ? 20_000 : 40 * Seppo.size
      let shared = try SharedBytes(count)
      let done = try (0..<count).parallel(threads: threads).map { item -> Bool in
        // The items are expected to be short and come in a long chunk, whose first item waits for all others.
        if round == 1, item == 0 { return shared.waitFor(1..<count) }
        shared.mark(item)
        return true
      }
      try requireEqual(done, Array(repeating: true, count: count), "round \(round):")
    }
  },
  Law("short items, then long items, then throwing items work from one line") {
    for round in 0..<6 {
      let items = Array(0..<(round % 2 == 0 ? 20_000 : 30))
      let error = try? errorOf {
        let results = try items.mapParallel { item -> Int in
          if round % 2 == 1 { usleep(1_000) }
          if round >= 4, item == items.count - 2 { throw LawError(description: "thrown") }
          return item * round
        }
        try requireEqual(results, items.map { $0 * round }, "round \(round):")
      }
      guard round >= 4 else { continue }
      guard case .itemThrew(let item) = error, case let index = item.index else {
        throw LawError(description: "\(String(describing: error))")
      }
      try requireEqual(index, items.count - 2)
    }
  },
  Law("a short map whose last item throws leaves nothing behind for the next one") {
    for round in 0..<150 {
      try requireItemThrew(29) {
        _ = try (0..<30).mapParallel { item -> Int in
          if item == 29 { throw LawError(description: "thrown") }
          return item
        }
      }
      // This map has ordinary messages.
      try requireEqual(try (0..<4).parallel(retries: 1).map { $0 + round }, (0..<4).map { $0 + round })
    }
  },
  Law("a range is sent as its bounds", needsProcess: "it measures the memory of its process") {
    // Resets the peak.
    try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
    let before = try peakMegabytes()
    // The elements themselves would take 24 MB.
    let results = try (0..<3_000_000).parallel().atRoot.map { UInt8(truncatingIfNeeded: $0) }
    let after = try peakMegabytes()
    try require(after - before < 15, "\(after - before) MB more")
    if let results = results.value {
      try require(results.indices.allSatisfy { results[$0] == UInt8(truncatingIfNeeded: $0) }, "results")
    }
  },
  Law("ranges of every integer type can be mapped") {
    func same<Numbers: Collection>(_ numbers: Numbers, line: UInt = #line) throws
    where Numbers.Element: FixedWidthInteger & Codable & Sendable {
      try requireEqual(try numbers.mapParallel { $0 }, Array(numbers), line: line)
      try requireEqual(try numbers.parallel(chunk: .items(3)).map { [$0, $0] }, numbers.map { [$0, $0] }, line: line)
    }
    try same(-5..<700)
    try same(Int.max - 5...Int.max)
    try same(Int.min..<Int.min + 9)
    try same(Int8.min...Int8.max)
    try same(UInt8.min...UInt8.max)
    try same(Int16(-300)..<300)
    try same(UInt16(65_000)...UInt16.max)
    try same(Int32.min..<Int32.min + 300)
    try same(UInt32.max - 300...UInt32.max)
    try same(Int64(-3)...3)
    try same(UInt64.max - 300..<UInt64.max)
    try same(Int128.max - 30..<Int128.max)
    try same(5..<5)
    try same(UInt.max...UInt.max)
  },
  Law("SEPPO_THREADS sets the number of compute threads if the program doesn't", withoutCheck: true) {
    let wanted = getenv("SEPPO_THREADS").flatMap { Int(String(cString: $0)) } ?? 1
    try requireConcurrency(wanted, threads: nil)
  },
  Law("long arrays, short arrays and empty arrays are sent as items and results") {
    let lengths = [0, 1, 10_000, 30_000, 3, 20_000, 0, 8_191, 8_192, 8_193]
    let numbers = lengths.map { length in (0..<length).map { Double($0 + length) } }
    try requireEqual(try numbers.mapParallel { $0 }, numbers)
    try requireEqual(try numbers.parallel(chunk: .items(3)).map { $0.map { -$0 } }, numbers.map { $0.map { -$0 } })
    let kept = try numbers.parallel().atRoot.map { $0.reversed() as [Double] }
    if let kept = kept.value { try requireEqual(kept, numbers.map { $0.reversed() }) }
    // Particles are larger than numbers: an eighth of the lengths will do.
    let particles = lengths.map { length in
      (0..<(length / 8)).map { Particle(position: [Double($0), 1, 2], mass: 3, id: Int32($0)) }
    }
    try requireEqual(try particles.mapParallel { $0 }, particles)
    let bytes = lengths.map { [UInt8](repeating: UInt8($0 & 0xFF), count: 10 * $0) }
    try requireEqual(try bytes.parallel(chunk: .items(2)).map { [$0, $0] }, bytes.map { [$0, $0] })
  },
  Law("results of very different lengths are broadcast in many pieces") {
    let lengths = (0..<300).map { ($0 * 7_919) % 31 == 0 ? 200_000 : $0 % 7 }
    let texts = try lengths.mapParallel { String(repeating: "ä", count: $0) }
    try requireEqual(texts.map { $0.unicodeScalars.count }, lengths)
    try require(texts.allSatisfy { $0.allSatisfy { $0 == "ä" } }, "texts")
  },
]

/// Returns the peak resident memory of this process, in megabytes.
private func peakMegabytes() throws -> Int {
  let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
  guard let kilobytes = line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({ Int($0) })
  else { throw LawError(description: "no VmHWM in /proc/self/status") }
  return kilobytes / 1_000
}
