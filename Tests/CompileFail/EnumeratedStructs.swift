// fails: each part of a tuple must be Codable & Sendable
import SeppoMPI

struct Star: Sendable {
  var mass = 1.0
}

func weighted(_ stars: [Star]) throws -> [Double] {
  try stars.enumerated().mapParallel { index, star in
    let weight = Double(index)
    return weight * star.mass
  }
}
