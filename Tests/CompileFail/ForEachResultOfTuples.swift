// fails: type '(Int, Int)' cannot conform to
import SeppoMPI

func program() throws { try [1, 2].parallel().forEachResult({ ($0, $0 * $0) }) { index, pair in print(index, pair) } }
