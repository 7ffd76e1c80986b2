// fails: non-Sendable
import SeppoMPI

final class Counter { var count = 0 }

func program() throws {
  let counter = Counter()
  _ = try [1, 2].mapParallel { number in
    counter.count += 1
    return number
  }
}
