// compiles
import SeppoMPI

struct Star: Codable, Sendable {
  var mass = 1.0
}

@Sendable func product(_ x: Double, _ y: Double) -> Double { x * y }

func tuples(_ xs: [Double], _ ys: [Double], _ stars: [Star], _ table: [String: Double]) throws {
  let products = try zip(xs, ys).mapParallel { x, y in x * y }
  let same = try zip(xs, ys).mapParallel { $0 * $1 }
  let third: [Double] = try zip(xs, ys).parallel(threads: 2).map { pair in pair.0 * pair.1 }
  let ranges = try zip(0..., stars).parallel(retries: 1).map { index, star in Double(index) * star.mass }
  let weighted = try stars.enumerated().mapParallel { index, star in
    let weight = Double(index)
    return weight * star.mass
  }
  let offsets = try stars.enumerated().parallel().map { $0.offset }
  let lines = try [("a", 1), ("b", 2)].mapParallel { name, count in String(repeating: name, count: count) }
  let threes = try [(1, "b", Star())].parallel().mapResults { number, name, star in "\(number)\(name)\(star.mass)" }
  let fours = try [(1, "b", Star(), [2.0])].parallel().compactMap { $3.first }
  try zip(xs, ys).parallel(ParallelOptions(threads: 2)).forEach { x, y in print(product(x, y)) }
  try zip(xs, ys).parallel().atRoot.map { x, y in x - y }.atRoot { print($0.count) }
  let sorted = try table.sorted { $0.key < $1.key }.mapParallel { key, value in "\(key) \(value)" }
  let values = try table.sorted { $0.value < $1.value }.parallel().map { $0.value }
  print(products, same, third, ranges, weighted, offsets, lines, threes.count, fours, sorted, values)
}
