// fails: f can't be async: it runs on a thread of its own
import SeppoMPI

func isLarge(_ number: Int) async throws -> Bool { number > 7 }

func program(_ numbers: [Int]) throws { print(try numbers.parallel().filter { try await isLarge($0) }) }
