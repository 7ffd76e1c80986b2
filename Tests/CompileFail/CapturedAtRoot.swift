// fails: capture of 'table' with non-Sendable type 'AtRoot<[Int]>'
import SeppoMPI

func program() throws {
  let table = try Seppo.atRoot { [1, 2, 3] }
  _ = try [0, 1].mapParallel { index in table.value?[index] ?? 0 }
}
