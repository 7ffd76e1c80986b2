// fails: mapParallel takes no options, parallel does: xs.parallel(threads: 4).map
import SeppoMPI

func show(_ numbers: [Int]) throws { try numbers.mapParallel(chunk: .items(1)) { print($0) } }
