// fails: cannot convert value of type 'Int' to expected argument type 'Double'
import SeppoMPI

func square(_ number: Double) -> Double { number * number }

func squares(_ numbers: [Int]) throws -> [Double] { try numbers.mapParallel { square($0) } }
