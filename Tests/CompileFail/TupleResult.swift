// fails: the result can't travel between ranks: f must return a type that is Codable & Sendable
import SeppoMPI

func program() throws {
  _ = try [1, 2].mapParallel { ($0, $0 * $0) }
}
