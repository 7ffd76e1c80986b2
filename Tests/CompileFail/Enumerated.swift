// fails: enumerated() returns tuples, which aren't Codable: map the indices, xs.indices.mapParallel
import SeppoMPI

func weighted(_ numbers: [Double]) throws -> [Double] {
  try numbers.enumerated().mapParallel { index, number in
    let weight = Double(index)
    return weight * number
  }
}
