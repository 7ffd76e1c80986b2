// fails: add .broadcast() to have the value on every rank
import SeppoMPI

func use(_ table: [Double]) {}

func load() throws { use(try Seppo.atRoot { [1, 2] }.atRoot { $0.map { $0 * 2 } }) }
