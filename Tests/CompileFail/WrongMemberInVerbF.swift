// fails: value of type 'Double' has no member 'sqaured'
import SeppoMPI

func squares(_ numbers: [Double]) throws {
  _ = try numbers.parallel().map { ($0 * 2.5 + 1) / 3 - 1 + $0.sqaured }
}
