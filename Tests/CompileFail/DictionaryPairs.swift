// fails: map the sorted keys, table.keys.sorted().mapParallel
import SeppoMPI

func doubled(_ weights: [String: Double]) throws -> [Double] { try weights.mapParallel { _, weight in 2 * weight } }
