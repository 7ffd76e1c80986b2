// fails: this verb needs parallel() before it: xs.parallel().mapResults
import SeppoMPI

func show(_ numbers: [Double]) throws {
  for result in try numbers.mapResults({ $0 * $0 }) {
    switch result {
    case .success(let square): print(square)
    case .failure(let error): print(error)
    }
  }
}
