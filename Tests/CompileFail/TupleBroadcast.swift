// fails: the value can't travel between ranks
import SeppoMPI

func program() throws { _ = try Seppo.atRoot { (1, 2) }.broadcast() }
