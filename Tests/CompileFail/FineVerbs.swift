// compiles
import SeppoMPI

struct Histogram: Codable, Sendable {
  var counts = [Int](repeating: 0, count: 10)

  mutating func add(_ number: Double) { counts[Int(number)] += 1 }
  mutating func merge(_ other: Histogram) { for bin in counts.indices { counts[bin] += other.counts[bin] } }
}

@Sendable func write(_ number: Int) throws { print(number) }

func verbs(_ numbers: [Double], _ lines: [String]) throws {
  let options = ParallelOptions(threads: 2, retries: 1)
  let histogram = try numbers.parallel(options).reduce(
    into: Histogram(), { $0.add($1) }, merge: { $0.merge($1) })
  let longest = try lines.parallel().reduce(into: 0, { $0 = max($0, $1.count) }, merge: { $0 = max($0, $1) })
  let counts = try lines.parallel().atRoot.reduce(
    into: [Character.RawCount: Int](), { $0[$1.count, default: 0] += 1 }, merge: { $0.merge($1, uniquingKeysWith: +) })
  try counts.atRoot { print($0.count) }
  try (0..<3).parallel().forEach(write)
  try stride(from: 0.0, to: 1, by: 0.25).parallel(options).forEach { number in
    if number < 0 { throw Histogram.Refused() }
  }
  try Seppo.atRoot { lines }.parallel().forEach { print($0) }
  print(histogram.counts, longest)
}

extension Histogram {
  struct Refused: Error {}
}

extension Character { typealias RawCount = Int }
