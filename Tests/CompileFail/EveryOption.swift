// fails: mapParallel takes no options, parallel does: xs.parallel(threads: 4).map
import SeppoMPI

func squares() throws -> [Int] {
  try (0..<10).mapParallel(chunk: .items(1), threads: 4, retries: 2, timeout: .seconds(3), checkpoint: nil) { number in
    let square = number * number
    return square
  }
}
