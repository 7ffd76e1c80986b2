// fails: the elements can't travel between ranks
import SeppoMPI

struct Star: Sendable {
  var mass = 1.0
}

func masses(_ stars: [Star]) throws -> [Double] {
  try stars.parallel().map(with: { [Double]() }) { buffer, star in
    buffer.append(star.mass)
    return star.mass
  }
}
