// fails: f returns nothing, so there would be no results
import SeppoMPI

func program() throws {
  try [1, 2].mapParallel { print($0) }
}
