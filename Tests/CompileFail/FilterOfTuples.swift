// fails: the elements can't travel between ranks
import SeppoMPI

func program(_ pairs: [(Int, Int)]) throws { _ = try pairs.parallel().filter { $0.0 > 0 } }
