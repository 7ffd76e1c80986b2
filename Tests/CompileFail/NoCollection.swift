// fails: make an array of this sequence, Array(xs).mapParallel
import SeppoMPI

func doubled() throws -> [Int] { try sequence(first: 1, next: { $0 < 10 ? $0 + 1 : nil }).mapParallel { $0 * 2 } }
