// fails: f can't be async: it runs on a thread of its own
import SeppoMPI

func load(_ number: Int) async throws {}

func program(_ numbers: [Int]) throws { try numbers.parallel().forEach { try await load($0) } }
