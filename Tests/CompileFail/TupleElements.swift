// fails: the elements can't travel between ranks
import SeppoMPI

func program() throws {
  _ = try [(1, "a"), (2, "b")].mapParallel { $0.0 }
}
