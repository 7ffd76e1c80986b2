// fails: their type must be Codable & Sendable: add `: Codable, Sendable` to your struct
import SeppoMPI

struct Star { var flux: Double }

func fluxes(_ stars: [Star]) throws -> [Double] { try stars.mapParallel { $0.flux } }
