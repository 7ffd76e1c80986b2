// fails: value of type 'Double' has no member 'sqaured'
import SeppoMPI

func squares(_ numbers: [Double]) throws {
  _ = try numbers.parallel(seed: 1).map { ($0 * 2.5 + 1) / 3 - 1 + Double.random(in: 0...1, using: &$1) + $0.sqaured }
}
