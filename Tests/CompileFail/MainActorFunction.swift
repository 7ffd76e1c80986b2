// fails: call to main actor-isolated global function 'square' in a synchronous nonisolated context
// flags: -default-isolation MainActor
import SeppoMPI

func square(_ number: Double) -> Double { number * number }

func squares(_ numbers: [Double]) throws -> [Double] { try numbers.mapParallel { square($0) } }
