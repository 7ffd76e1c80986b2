import Foundation
import SeppoMPI

/// Where one rank has one thread, an item can't wait for another.
private var threads: Int { Seppo.size == 1 ? 2 : 1 }

let spreadLaws = [
  Law("what waits behind a long item is computed elsewhere, on whichever rank that is") {
    for blocked in Set([0, Seppo.size - 1]).sorted() {
      let count = 40 * Seppo.size
      let board = try SharedBoard(count)
      let begun = Tally()
      // The first item on that rank ends when all others are done, also those that its own rank was given with it and after it:
      // they are called back.
      let done = try (0..<count).parallel(chunk: .items(1), threads: threads).map { item -> Bool in
        if Seppo.rank == blocked, begun.add(1) == 1 {
          return board.waitFor((0..<count).filter { $0 != item })
        }
        usleep(500)
        board.mark(item)
        return true
      }
      try holdEqual(done, Array(repeating: true, count: count), "rank \(blocked):")
    }
  },
  Law("the rest of a long chunk is computed elsewhere") {
    let count = 64 * Seppo.size
    let board = try SharedBoard(2 * count)
    // Its times learnt, chunks are long the second time.
    for round in 0..<2 {
      let done = try (0..<count).parallel(chunk: .items(4), threads: threads).map { item -> Bool in
        if round == 1, item == 3 { return board.waitFor((count + 4)..<(2 * count)) }
        board.mark(round * count + item)
        return true
      }
      try holdEqual(done, Array(repeating: true, count: count), "round \(round):")
    }
  },
  Law("what one map has learnt of its items the next one from that line begins with", withoutCheck: true) {
    let count = 4_000
    let board = try SharedBoard(count)
    for round in 0..<3 {
      let results = try (0..<count).parallel(threads: threads).map { item -> Bool in
        guard round == 2 else { return true }
        board.mark(item)
        if item > 0 {
          usleep(50)
          return true
        }
        // The first chunk is a long one, so that the items which others begin with stand behind it.
        while true {
          if let first = (1..<count).first(where: board.isMarked) { return first >= 8 }
          sched_yield()
        }
      }
      try holdEqual(results, Array(repeating: true, count: count), "round \(round):")
    }
  },
  Law("items that are long where those before were short are computed elsewhere too") {
    for round in 0..<2 {
      let count = round == 0 ? 20_000 : 40 * Seppo.size
      let board = try SharedBoard(count)
      let done = try (0..<count).parallel(threads: threads).map { item -> Bool in
        // Taken for short ones, they come many at a time; yet the first waits for all others.
        if round == 1, item == 0 { return board.waitFor(1..<count) }
        board.mark(item)
        return true
      }
      try holdEqual(done, Array(repeating: true, count: count), "round \(round):")
    }
  },
  Law("short items, then long ones, then ones that throw, from one line") {
    for round in 0..<6 {
      let items = Array(0..<(round % 2 == 0 ? 20_000 : 30))
      let error = try? errorOf {
        let results = try items.mapParallel { item -> Int in
          if round % 2 == 1 { usleep(1_000) }
          if round >= 4, item == items.count - 2 { throw Broken(description: "thrown") }
          return item * round
        }
        try holdEqual(results, items.map { $0 * round }, "round \(round):")
      }
      guard round >= 4 else { continue }
      guard case .itemThrew(let item) = error, case let index = item.index else {
        throw Broken(description: "\(String(describing: error))")
      }
      try holdEqual(index, items.count - 2)
    }
  },
  Law("a range travels as its bounds", needsProcess: "it measures the memory of its process") {
    // What was used before doesn't count.
    try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
    let before = try peakMegabytes()
    // The elements themselves would take 24 MB.
    let results = try (0..<3_000_000).parallel().atRoot.map { UInt8(truncatingIfNeeded: $0) }
    let after = try peakMegabytes()
    try hold(after - before < 15, "\(after - before) MB more")
    if let results = results.value {
      try hold(results.indices.allSatisfy { results[$0] == UInt8(truncatingIfNeeded: $0) }, "results")
    }
  },
  Law("ranges of every integer") {
    func same<Numbers: Collection>(_ numbers: Numbers, line: UInt = #line) throws
    where Numbers.Element: FixedWidthInteger & Codable & Sendable {
      try holdEqual(try numbers.mapParallel { $0 }, Array(numbers), line: line)
      try holdEqual(try numbers.parallel(chunk: .items(3)).map { [$0, $0] }, numbers.map { [$0, $0] }, line: line)
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
  Law("SEPPO_THREADS says how many threads compute where the program doesn't", withoutCheck: true) {
    let wanted = getenv("SEPPO_THREADS").flatMap { Int(String(cString: $0)) } ?? 1
    try holdAtOnce(wanted, threads: nil)
  },
  Law("long arrays, short ones and none, out and back") {
    let lengths = [0, 1, 10_000, 30_000, 3, 20_000, 0, 8_191, 8_192, 8_193]
    let numbers = lengths.map { length in (0..<length).map { Double($0 + length) } }
    try holdEqual(try numbers.mapParallel { $0 }, numbers)
    try holdEqual(try numbers.parallel(chunk: .items(3)).map { $0.map { -$0 } }, numbers.map { $0.map { -$0 } })
    let kept = try numbers.parallel().atRoot.map { $0.reversed() as [Double] }
    if let kept = kept.value { try holdEqual(kept, numbers.map { $0.reversed() }) }
    // An eighth as many are as long.
    let particles = lengths.map { length in
      (0..<(length / 8)).map { Particle(position: [Double($0), 1, 2], mass: 3, id: Int32($0)) }
    }
    try holdEqual(try particles.mapParallel { $0 }, particles)
    let bytes = lengths.map { [UInt8](repeating: UInt8($0 & 0xFF), count: 10 * $0) }
    try holdEqual(try bytes.parallel(chunk: .items(2)).map { [$0, $0] }, bytes.map { [$0, $0] })
  },
  Law("results of very different lengths, in many pieces of a broadcast") {
    let lengths = (0..<300).map { ($0 * 7_919) % 31 == 0 ? 200_000 : $0 % 7 }
    let texts = try lengths.mapParallel { String(repeating: "ä", count: $0) }
    try holdEqual(texts.map { $0.unicodeScalars.count }, lengths)
    try hold(texts.allSatisfy { $0.allSatisfy { $0 == "ä" } }, "texts")
  },
]

/// The most memory that this process ever had, in megabytes.
private func peakMegabytes() throws -> Int {
  let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
  guard let kilobytes = line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({ Int($0) })
  else { throw Broken(description: "/proc/self/status says nothing of VmHWM") }
  return kilobytes / 1_000
}
