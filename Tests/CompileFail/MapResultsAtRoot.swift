// fails: atRoot comes before the verb: xs.parallel().atRoot.mapResults
import SeppoMPI

func squares() throws { try Seppo.atRoot { [1, 2] }.mapResultsAtRoot(threads: 2) { $0 * $0 } }
