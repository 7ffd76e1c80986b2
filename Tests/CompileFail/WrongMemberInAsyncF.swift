// fails: value of type 'Double' has no member 'sqaured'
import SeppoMPI

func fetch(_ number: Double) async -> Double { number }

func squares(_ numbers: [Double]) async throws {
  print(try await numbers.mapParallel { (await fetch($0) + 2 * $0 - 1) / 3 * $0.sqaured })
}
