// fails: f returns nothing, so that nothing could come back to rank 0
import SeppoMPI

func program() throws {
  try [1, 2].mapParallel { print($0) }
}
