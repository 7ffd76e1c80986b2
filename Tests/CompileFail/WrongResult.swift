// fails: cannot convert value of type 'Double' to closure result type 'Int'
import SeppoMPI

func squares(_ numbers: [Double]) throws {
  let squares: [Int] = try numbers.mapParallel { $0 * $0 }
  print(squares)
}
