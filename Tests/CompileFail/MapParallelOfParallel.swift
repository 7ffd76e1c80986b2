// fails: after parallel() the verb is map: xs.parallel().map
import SeppoMPI

func squares(_ numbers: [Double]) throws -> [Double] { try numbers.parallel(threads: 2).mapParallel { $0 * $0 } }
