// fails: f can't be async: it runs on a thread of its own, where nothing can be awaited
import SeppoMPI

func fetch(_ number: Int) async throws -> Int { number }

func program() async throws {
  let numbers = try await [1, 2].mapParallel { number in
    let fetched = try await fetch(number)
    return fetched * 2
  }
  print(numbers)
}
