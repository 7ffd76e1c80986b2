// fails: expects 1 argument, but 2 were used in closure body
import SeppoMPI

func samples() throws -> [Double] {
  try (0..<10).parallel().map { item, random in Double.random(in: 0..<1, using: &random) + Double(item) }
}
