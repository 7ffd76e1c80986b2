// fails: the elements can't travel between ranks
import SeppoMPI

struct Star: Sendable {
  var mass = 1.0
}

func masses(_ stars: [(Int, Star)]) throws -> [Double] { try stars.mapParallel { $1.mass } }
