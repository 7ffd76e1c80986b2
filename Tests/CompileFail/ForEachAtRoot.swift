// fails: forEach has no results that rank 0 could get
import SeppoMPI

func prints(_ numbers: [Int]) throws { try numbers.parallel().atRoot.forEach { print($0) } }
