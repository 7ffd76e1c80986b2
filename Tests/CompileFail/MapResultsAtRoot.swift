// fails: only what parallel() gives has this verb: xs.parallel().mapResultsAtRoot
import SeppoMPI

func squares() throws { try Seppo.atRoot { [1, 2] }.mapResultsAtRoot(threads: 2) { $0 * $0 } }
