// fails: atRoot comes before the verb: xs.parallel().atRoot.map
import SeppoMPI

func show(_ numbers: [Double]) throws { try numbers.parallel().mapAtRoot { $0 * $0 }.atRoot { print($0.count) } }
