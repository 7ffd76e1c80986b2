// fails: loses global actor 'MainActor'
// flags: -default-isolation MainActor
import SeppoMPI

func square(_ number: Double) -> Double { number * number }

func squares(_ numbers: [Double]) throws -> [Double] { try numbers.mapParallel(square) }
