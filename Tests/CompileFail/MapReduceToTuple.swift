// fails: cannot conform to
import SeppoMPI

func mean(_ numbers: [Double]) throws -> Double {
  let (sum, count) = try numbers.parallel().mapReduce((0.0, 0), { ($0, 1) }, { ($0.0 + $1.0, $0.1 + $1.1) })
  return sum / Double(count)
}
