// fails: f returns nothing, so that nothing could come back to rank 0
import SeppoMPI

func program() throws {
  _ = try [1, 2].mapParallel { number in
    let square = number * number
    print(square)
  }
}
