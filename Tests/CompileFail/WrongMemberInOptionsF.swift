// fails: value of type 'Double' has no member 'sqaured'
import SeppoMPI

func squares(_ numbers: [Double]) throws {
  let squares = try numbers.parallel(threads: 2).map { number in
    let square = number.sqaured
    return square + 1
  }
  print(squares)
}
