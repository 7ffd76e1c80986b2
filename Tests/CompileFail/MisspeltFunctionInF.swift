// fails: cannot find 'sqaure' in scope
import SeppoMPI

func squares(_ numbers: [Double]) throws -> [Double] {
  try numbers.mapParallel { number in
    let square = sqaure(number)
    return square + 1
  }
}
