// fails: only rank 0 has this value: broadcast() sends it to every rank
import SeppoMPI

func show() throws {
  let table = try Seppo.atRoot { [1.0, 2.0] }
  print(table.map { $0 * 2 })
}
