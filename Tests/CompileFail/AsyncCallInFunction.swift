// fails: 'async' call in a function that does not support concurrency
import SeppoMPI

func fetch(_ number: Int) async -> Int { number }

func program() throws { _ = try [1, 2].mapParallel { fetch($0) } }
