// fails: the elements can't travel between ranks
import SeppoMPI

func program(_ pairs: [(Int, Int)]) throws { _ = try pairs.parallel().max { $0.0 < $1.0 } }
