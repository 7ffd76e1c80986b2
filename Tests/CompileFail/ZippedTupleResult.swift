// fails: the result can't travel between ranks: f must return a type that is Codable & Sendable
import SeppoMPI

func swapped(_ xs: [Int], _ ys: [Double]) throws {
  let swapped = try zip(xs, ys).mapParallel { x, y in (y, x) }
  print(swapped)
}
