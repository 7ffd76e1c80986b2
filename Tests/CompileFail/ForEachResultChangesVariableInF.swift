// fails: mutation of captured var 'sum' in concurrently-executing code
import SeppoMPI

func sum(_ numbers: [Int]) throws -> Int {
  var sum = 0
  try numbers.parallel().forEachResult({ number in
    sum += number
    return number
  }) { _, _ in }
  return sum
}
