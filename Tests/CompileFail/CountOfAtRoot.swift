// fails: only rank 0 has this value: broadcast() sends it to every rank
import SeppoMPI

func show() throws { print(try Seppo.atRoot { [1.0, 2.0] }.count) }
