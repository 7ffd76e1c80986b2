// fails: the elements can't travel between ranks
import SeppoMPI

func program(_ pairs: [(Int, Int)]) throws { _ = try pairs.parallel().first { $0.0 > 0 } }
