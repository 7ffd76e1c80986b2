// fails: f returns nothing, so that nothing could come back to rank 0
import SeppoMPI

func program() throws {
  let numbers = try Seppo.atRoot { [1, 2, 3] }
  try numbers.mapParallel { print($0) }
}
