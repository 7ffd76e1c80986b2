// fails: passing value of type 'ItemRandom' to an inout parameter requires explicit '&'
import SeppoMPI

func samples() throws -> [Double] {
  try (0..<10).parallel(seed: 1).map { _, random in Double.random(in: 0..<1, using: random) }
}
