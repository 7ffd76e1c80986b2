// compiles
import SeppoMPI

struct Refused: Error, Codable {
  let item: Int
}

func results() throws {
  let results = try [1, 2].parallel(chunk: .items(1), threads: 2, retries: 1, timeout: .seconds(30)).mapResults {
    item -> Double in
    if item == 2 { throw Refused(item: item) }
    return Double(item)
  }
  for result in results {
    switch result {
    case .success(let value): print(value)
    case .failure(.itemThrew(let item)): print(item.index, item.tries, item.thrown(as: Refused.self)?.item ?? 0)
    case .failure(let error): print(error)
    }
  }
  let atRoot: AtRoot<[Result<Int, SeppoError>]> = try [1, 2].parallel().atRoot.mapResults { $0 }
  try atRoot.atRoot { print($0.count) }
}
