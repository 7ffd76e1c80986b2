// fails: mutation of captured var 'seen' in concurrently-executing code
import SeppoMPI

func count(_ numbers: [Int]) throws -> Int {
  var seen = 0
  return try numbers.parallel().count { number in
    seen += 1
    return number > 0
  }
}
