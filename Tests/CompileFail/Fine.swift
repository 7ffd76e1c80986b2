// compiles
import SeppoMPI

func program() throws {
  let table = try Seppo.atRoot { [1, 2, 3] }.broadcast()
  _ = try [0, 1].mapParallel { index in table[index] }
  _ = try [0, 1].mapParallel { _ in true }
}

struct Item: Codable, Sendable {
  let name: String
  var value: Double

  func scaled(by factor: Double) -> Item { Item(name: name, value: value * factor) }
}

struct Refused: Error {}

@Sendable func half(_ number: Int) -> Double { Double(number) / 2 }
func third(_ number: Int) throws -> Double { Double(number) / 3 }

/// Correct uses that resemble a misuse of elements.
func elements(of text: String, _ numbers: [Double], _ weights: [String: Double]) throws {
  let lengths: [Int] = try text.split(separator: "\n").map(String.init).mapParallel { $0.count }
  _ = try text.split(separator: "\n").map(String.init).parallel(threads: 2).map { line in
    let words = line.split(separator: " ")
    return words.map(String.init)
  }
  _ = try text.map(String.init).mapParallel { $0.uppercased() }
  _ = try numbers.split(separator: 0).map(Array.init).mapParallel { $0.reduce(0, +) }
  _ = try numbers.dropFirst().mapParallel { $0 + 1 }
  _ = try numbers.prefix(3).parallel(chunk: .items(1)).map { $0 + 1 }
  _ = try numbers.indices.mapParallel { index in Double(index) * numbers[index] }
  _ = try zip(numbers, lengths).map { Item(name: "\($1)", value: $0) }.mapParallel { $0.scaled(by: 2) }
  _ = try weights.keys.sorted().mapParallel { name in (weights[name] ?? 0) * 2 }
  _ = try Set(lengths).sorted().mapParallel { $0 + 1 }
  _ = try Set(lengths).mapParallel { $0 + 1 }
  _ = try weights.keys.mapParallel { $0.count }
  _ = try Array(sequence(first: 1, next: { $0 < 10 ? $0 + 1 : nil })).mapParallel { $0 * 2 }
  _ = try stride(from: 0.0, to: 1, by: 0.1).mapParallel { $0 * 2 }
  _ = try stride(from: 0, through: 10, by: 2).parallel(retries: 1).map(half)
  _ = try (0..<10).lazy.filter { $0 % 2 == 0 }.mapParallel { $0 * 3 }
  _ = try numbers.reversed().mapParallel { $0 }
}

/// All forms of functions, and all kinds of results.
func functions(_ numbers: [Int]) throws {
  let halves: [Double] = try numbers.mapParallel(half)
  let thirds = try numbers.mapParallel(third)
  let items = try numbers.mapParallel { number in
    guard number >= 0 else { throw Refused() }
    var item = Item(name: "item \(number)", value: 0)
    for step in 1...3 { item.value += Double(step) }
    return item
  }
  let total = try numbers.parallel(threads: 2, timeout: .seconds(1)).map { Double($0) * 0.5 + 1 }.reduce(0, +)
  let nested = try numbers.mapParallel { number in
    let inner = { (step: Int) -> Int in step * number }
    return try (0..<3).mapParallel { $0 + 1 }.map(inner).map { $0 + number }
  }
  _ = try items.mapParallel { item in item.scaled(by: 3) }.map(\.value).max()
  _ = try numbers.mapParallel { $0 > 1 ? Item(name: "", value: 0) : nil }
  _ = try numbers.mapParallel { [$0: [Item(name: "", value: 0)]] }
  print(halves, thirds, total, nested)
}

/// Code that is generic over the elements.
func sweep<Inputs: Collection, Output: Codable & Sendable>(
  _ inputs: Inputs, _ f: @Sendable (Inputs.Element) throws -> Output
) throws -> [Output] where Inputs.Element: Codable & Sendable {
  _ = try inputs.parallel(chunk: .items(2)).mapResults(f)
  return try inputs.mapParallel(f)
}

/// Values that only rank 0 has.
func atRoot() throws {
  let read = try Seppo.atRoot { [1.0, 2.0] }
  let shared: [Double] = try Seppo.atRoot { [1.0, 2.0] }.broadcast()
  let kept: AtRoot<[Double]> = try Seppo.atRoot { shared.map { $0 * 2 } }
  let doubled = try read.mapParallel { $0 * 2 }
  try read.parallel(retries: 1).atRoot.map { $0 * 2 }.atRoot { for number in $0 { print(number) } }
  try kept.atRoot { numbers in
    print(numbers.count, numbers[0])
    return numbers.first
  }
  .atRoot { print($0 ?? 0) }
  if let value = read.value { print(value.count, value[0]) }
  try Seppo.atRoot { print(doubled) }
  _ = try Seppo.atRoot { try Seppo.atRoot { 1 } }
  print(try read.broadcast().reduce(0, +), try read.broadcast()[0])
}

/// Calls in an async function.
func asynchronously(_ numbers: [Int]) async throws {
  let offset = await Task { 3 }.value
  print(try numbers.mapParallel { $0 + offset })
}
