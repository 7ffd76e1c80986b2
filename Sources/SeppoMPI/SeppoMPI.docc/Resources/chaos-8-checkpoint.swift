import Foundation
import SeppoCheckpoint
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
let checkpoint = Checkpoint.sqlite("chaos.sqlite")
let results = try parameters.parallel(timeout: .seconds(60), checkpoint: checkpoint, progress: "chaos")
  .mapResults(exponent)
try Seppo.atRoot {
  let exponents = results.compactMap { try? $0.get() }
  print("\(exponents.count { $0 > 0 }) of \(exponents.count) values of r are chaotic")
  print("\(results.count - exponents.count) values of r have no exponent")
}
