// fails: each part of a tuple must be Codable & Sendable
import SeppoMPI

struct Star: Sendable {
  var mass = 1.0
}

func products(_ stars: [Star], _ weights: [Double]) throws -> [Double] {
  try zip(stars, weights).mapParallel { star, weight in star.mass * weight }
}
