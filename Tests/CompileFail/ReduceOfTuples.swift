// fails: the elements can't travel between ranks
import SeppoMPI

func sum(_ pairs: [(Int, Int)]) throws -> Int {
  try pairs.parallel().reduce(into: 0, { $0 += $1.0 }, merge: { $0 += $1 })
}
