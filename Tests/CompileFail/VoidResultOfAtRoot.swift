// fails: f returns nothing, so there would be no results
import SeppoMPI

func program() throws {
  let numbers = try Seppo.atRoot { [1, 2, 3] }
  try numbers.mapParallel { print($0) }
}
