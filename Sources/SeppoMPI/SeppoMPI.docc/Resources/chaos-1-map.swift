import Foundation

/// Returns the Lyapunov exponent of x → r x (1 − x), which is positive if the map is chaotic.
func exponent(_ r: Double) -> Double {
  var x = 0.3
  var sum = 0.0
  for _ in 0..<10_000 {
    x = r * x * (1 - x)
    sum += log(abs(r * (1 - 2 * x)))
  }
  return sum / 10_000
}

let parameters = stride(from: 3.5, through: 4, by: 0.001)
let exponents = parameters.map(exponent)
print("\(exponents.count { $0 > 0 }) of \(exponents.count) values of r are chaotic")
