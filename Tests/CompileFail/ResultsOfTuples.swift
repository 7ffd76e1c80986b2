// fails: type '(Int, Int)' cannot conform to
import SeppoMPI

func program() async throws {
  for try await (index, pair) in [1, 2].parallel().results({ ($0, $0 * $0) }) { print(index, pair) }
}
