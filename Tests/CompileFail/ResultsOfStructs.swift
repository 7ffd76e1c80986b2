// fails: their type must be Codable & Sendable: add `: Codable, Sendable` to your struct
import SeppoMPI

struct Star { var flux: Double }

func show(_ stars: [Star]) async throws {
  for try await (index, flux) in stars.parallel().results({ $0.flux }) { print(index, flux) }
}
