// fails: atRoot comes before the verb: xs.parallel().atRoot.map
import SeppoMPI

func show(_ numbers: [Double]) throws { try numbers.mapAtRoot { $0 * $0 }.atRoot { print($0.count) } }
