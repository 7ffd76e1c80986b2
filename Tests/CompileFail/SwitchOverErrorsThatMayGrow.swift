// compiles
import SeppoMPI

func text(_ error: SeppoError) -> String {
  switch error {
  case .itemThrew(let item): "\(item.index) \(item.description)"
  case .itemTimedOut(let timeout): "\(timeout.index) \(timeout.timeout)"
  case .notEnoughMemory(let shortage): "\(shortage.needed)"
  case .checkpoint(let failure): "\(failure.error)"
  default: "\(error)"
  }
}

func index(of error: any Error) -> Int? {
  switch error {
  case SeppoError.itemThrew(let item): item.index
  case let item as ItemError: item.index
  default: nil
  }
}

func rethrow(_ results: [Result<Double, SeppoError>]) throws(ItemError) {
  for result in results {
    if case .failure(.itemThrew(let item)) = result { throw item }
  }
}
