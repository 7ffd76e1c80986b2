// fails: mapParallel takes no options, parallel does: xs.parallel(threads: 4).map
import SeppoMPI

func squares(_ numbers: [Double]) throws -> [Double] { try numbers.mapParallel(threads: 4) { $0 * $0 } }
