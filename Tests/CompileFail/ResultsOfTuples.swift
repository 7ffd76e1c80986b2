// fails: the result can't travel between ranks: f must return a type that is Codable & Sendable
import SeppoMPI

func program() async throws {
  for try await (index, pair) in [1, 2].parallel().results({ ($0, $0 * $0) }) { print(index, pair) }
}
