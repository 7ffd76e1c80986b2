// fails: mutation of captured var 'sum' in concurrently-executing code
import SeppoMPI

func program() throws {
  var sum = 0
  _ = try [1, 2].mapParallel { number in
    sum += number
    return number
  }
  print(sum)
}
