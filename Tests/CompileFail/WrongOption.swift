// fails: cannot convert value of type 'Int' to expected argument type 'Duration'
import SeppoMPI

func squares(_ numbers: [Double]) throws { _ = try numbers.parallel(timeout: 3).map { $0 * $0 } }
