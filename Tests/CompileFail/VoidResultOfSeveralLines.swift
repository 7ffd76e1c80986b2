// fails: f returns nothing, so there would be no results
import SeppoMPI

func program() throws {
  _ = try [1, 2].mapParallel { number in
    let square = number * number
    print(square)
  }
}
