// fails: the elements can't travel between ranks
import SeppoMPI

func masses(_ stars: [(name: String, mass: Double)]) throws -> [Double] { try stars.mapParallel { $0.mass } }
