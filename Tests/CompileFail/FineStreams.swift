// compiles
import SeppoMPI

@Sendable func energy(_ event: Int) throws -> Double { Double(event) }

func streams(_ events: [Int], _ lines: AnySequence<String>) throws -> Double {
  var sum = 0.0
  try events.parallel().forEachResult(energy) { index, energy in sum += energy }
  try events.parallel(buffer: 100).forEachResult(energy, order: .completion) { index, energy in
    guard index > 3 else { return }
    sum += energy
  }
  try lines.parallel(retries: 1).forEachResult({ $0.count }) { sum += Double($1) }
  try sequence(first: 1) { $0 * 2 }.parallel().forEachResult({ $0 }) { _, _ in }
  try Seppo.atRoot { events }.parallel().forEachResult(energy) { print($0, $1) }
  return sum
}

func asynchronous(_ events: [Int], _ numbers: AsyncStream<Int>) async throws -> Int {
  for try await (index, energy) in events.parallel().results(energy) { print(index, energy) }
  for try await entry in numbers.parallel().results({ $0 * 2 }, order: .completion) where entry.index > 3 { break }
  let count = try await Seppo.withPool(energy) { pool in
    for event in events { pool.submit(event) }
    var count = 0
    for await (event, result) in pool.completions where try result.get() > Double(event) { count += 1 }
    return count
  }
  return try count.broadcast()
}

func pools(_ events: [Int]) throws {
  let best = try Seppo.withPool(energy, ParallelOptions(threads: 2)) { pool in
    let first = pool.submit(1)
    while let (event, result) = pool.next() { if try result.get() > 1 { pool.submit(event - 1) } }
    pool.cancel()
    return try (first.input, pool.map(events).max())
  }
  try best.atRoot { print($0) }
  try Seppo.withPool({ (word: String) in word.count }) { $0.submit("word") }
}
