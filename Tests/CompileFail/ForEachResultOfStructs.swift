// fails: their type must be Codable & Sendable: add `: Codable, Sendable` to your struct
import SeppoMPI

struct Star { var flux: Double }

func sum(_ stars: [Star]) throws -> Double {
  var sum = 0.0
  try stars.parallel().forEachResult({ $0.flux }) { sum += $1 }
  return sum
}
