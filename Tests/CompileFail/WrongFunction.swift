// fails: cannot convert value of type '@Sendable (Double) -> Double'
import SeppoMPI

func square(_ number: Double) -> Double { number * number }

func squares(_ numbers: [Int]) throws -> [Double] { try numbers.mapParallel(square) }
