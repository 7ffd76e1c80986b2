// fails: type 'Fit' does not conform to the 'Sendable' protocol
import SeppoMPI

public struct Fit: Codable { var slope: Double }

func fits(_ numbers: [Double]) throws -> [Fit] { try numbers.mapParallel { Fit(slope: $0) } }
