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
  let lengths = try lines.parallel(threads: 2).compactMap { Int($0) }
  let long = try lines.parallel().atRoot.compactMap { line -> String? in
    guard line.count > 80 else { return nil }
    return line
  }
  print(histogram.counts, longest, lengths, long)
}

func moreVerbs(_ numbers: [Double], _ lines: [String]) throws {
  let words = try lines.parallel().flatMap { $0.split(separator: " ").map(String.init) }
  let roots = try numbers.parallel().atRoot.flatMap { number -> [Double] in
    guard number >= 0 else { return [] }
    return [number.squareRoot(), -number.squareRoot()]
  }
  let long = try lines.parallel(threads: 2).filter { $0.count > 80 }
  try Seppo.atRoot { lines }.parallel().atRoot.filter(\.isEmpty).atRoot { print($0) }
  let sum = try numbers.parallel().reduce(0, +)
  let product = try numbers.parallel().atRoot.reduce(1) { $0 * $1 }
  let squares = try (0..<100).parallel(retries: 1).mapReduce(0.0, { Double($0) * Double($0) }, +)
  let characters = try lines.parallel().mapReduce(0, { $0.count }) { $0 + $1 }
  let negative = try numbers.parallel().count { $0 < 0 }
  let ends = try (numbers.parallel().min(), numbers.parallel().max())
  let longest = try lines.parallel().atRoot.max { $0.count < $1.count }
  let first = try lines.parallel(chunk: .items(1)).first { $0.hasPrefix("ERROR") }
  if let first, try numbers.parallel().contains(where: { $0.isNaN }) { print(first) }
  guard try numbers.parallel().allSatisfy(\.isFinite) else { return }
  print(words, roots, long, sum, product, squares, characters, negative, ends, longest)
}

extension Histogram {
  struct Refused: Error {}
}

extension Character { typealias RawCount = Int }
