// fails: the result can't travel between ranks: f must return a type that is Codable & Sendable
import SeppoMPI

struct Opaque: Sendable { var handle: Int }

func program() throws {
  _ = try [1, 2].mapParallel { Opaque(handle: $0) }
}
