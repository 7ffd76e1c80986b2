// fails: zip returns tuples, which aren't Codable: map the indices, xs.indices.mapParallel
import SeppoMPI

func products(_ xs: [Double], _ ys: [Double]) throws -> [Double] {
  try zip(xs, ys).parallel(chunk: .items(1)).map { x, y in x * y }
}
