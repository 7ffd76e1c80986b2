// compiles
import SeppoMPI

func program() throws {
  let table = try Seppo.atRoot { [1, 2, 3] }.broadcast()
  _ = try [0, 1].mapParallel { index in table[index] }
  _ = try [0, 1].mapParallel { _ in true }
}
