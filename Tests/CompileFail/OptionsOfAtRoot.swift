// fails: mapParallel takes no options, parallel does: xs.parallel(threads: 4).map
import SeppoMPI

func doubled() throws -> [Int] { try Seppo.atRoot { [1, 2, 3] }.mapParallel(timeout: .seconds(1)) { $0 * 2 } }
