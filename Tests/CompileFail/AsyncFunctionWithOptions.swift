// fails: f can't be async: it runs on a thread of its own, where nothing can be awaited
import SeppoMPI

func fetch(_ number: Int) async -> Int { number }

func program() async throws { _ = try await [1, 2].parallel(threads: 2).mapResults(fetch) }
