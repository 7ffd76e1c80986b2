// fails: only what parallel() gives has this verb: xs.parallel().mapAtRoot
import SeppoMPI

func show(_ numbers: [Double]) throws { try numbers.mapAtRoot { $0 * $0 }.atRoot { print($0.count) } }
