import Foundation
import SeppoMPI

struct Escaped: Error, Codable {
  var r: Double
}

/// Returns the Lyapunov exponent of x → r x (1 − x), which is positive if the map is chaotic.
func exponent(_ r: Double) throws -> Double {
  var x = 0.3
  var sum = 0.0
  for _ in 0..<10_000 {
    x = r * x * (1 - x)
    guard (0...1).contains(x) else { throw Escaped(r: r) }
    sum += log(abs(r * (1 - 2 * x)))
  }
  return sum / 10_000
}

let parameters = stride(from: 3.5, through: 4.1, by: 0.001)
do {
  let exponents = try parameters.mapParallel(exponent)
  try Seppo.atRoot {
    print("\(exponents.count { $0 > 0 }) of \(exponents.count) values of r are chaotic")
  }
} catch SeppoError.itemThrew(let item) {
  try Seppo.atRoot {
    print("item \(item.index), on rank \(item.rank) of \(item.host): \(item.description)")
  }
}
