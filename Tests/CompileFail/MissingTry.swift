// fails: call can throw but is not marked with 'try'
import SeppoMPI

func squares(_ numbers: [Double]) throws -> [Double] { numbers.mapParallel { $0 * $0 } }
