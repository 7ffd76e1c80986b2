// fails: the result can't travel between ranks: f must return a type that is Codable & Sendable
import SeppoMPI

func darts() throws {
  let darts = try (0..<10).parallel(seed: 1).map { _, random in
    (Double.random(in: 0..<1, using: &random), Double.random(in: 0..<1, using: &random))
  }
  print(darts)
}
