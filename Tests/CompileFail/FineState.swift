// compiles
import SeppoMPI

/// A state that is neither Sendable nor Codable.
final class Plan {
  var buffer: [Double] = []

  init(size: Int) throws { buffer.reserveCapacity(size) }

  func sum(_ number: Double) -> Double {
    buffer.append(number)
    return buffer.last ?? 0
  }
}

@Sendable func sum(_ plan: inout Plan, _ number: Double) throws -> Double { plan.sum(number) }

func states(_ numbers: [Double]) throws {
  let size = 100
  let options = ParallelOptions(threads: 2, retries: 1)
  let sums = try numbers.parallel(options).map(with: { try Plan(size: size) }) { plan, number in plan.sum(number) }
  let same: [Double] = try numbers.parallel().map(with: { try Plan(size: size) }, sum)
  let counts = try numbers.parallel().map(with: { 0 }) { count, number in
    count += 1
    return number > 0 ? "positive" : "negative"
  }
  for case .failure(let error) in try numbers.parallel(options).mapResults(with: { try Plan(size: size) }, sum) {
    print(error)
  }
  let large = try numbers.parallel().compactMap(with: { [Double]() }) { buffer, number in
    buffer.append(number)
    return number > 3 ? number : nil
  }
  try numbers.parallel().forEach(with: { try Plan(size: size) }) { plan, number in print(plan.sum(number)) }
  try numbers.parallel().atRoot.map(with: { try Plan(size: size) }) { $0.sum($1) }.atRoot { print($0.count) }
  print(sums, same, counts, large)
}
