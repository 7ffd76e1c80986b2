// fails: map the sorted keys, table.keys.sorted().mapParallel { key in f(key, table[key]!) }
import SeppoMPI

func doubled(_ weights: [String: Double]) throws -> [Double] { try weights.mapParallel { $0.value * 2 } }
