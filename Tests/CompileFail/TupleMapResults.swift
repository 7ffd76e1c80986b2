// fails: the result can't travel between ranks
import SeppoMPI

func sizes() throws {
  let results = try [1, 2].parallel(retries: 1).mapResults { ($0, $0) }
  print(results)
}
