// fails: type 'Star' does not conform to the 'Sendable' protocol
import SeppoMPI

final class Star: Codable { var flux = 1.0 }

func fluxes(_ stars: [Star]) throws -> [Double] { try stars.mapParallel { $0.flux } }
