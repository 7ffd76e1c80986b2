// fails: mapParallel takes no options, parallel does: xs.parallel(threads: 4).map
import SeppoMPI

func doubled() throws -> [Double] {
  try stride(from: 0.0, through: 1, by: 0.1).mapParallel(retries: 2, checkpoint: nil) { $0 * 2 }
}
