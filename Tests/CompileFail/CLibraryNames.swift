// fails: cannot find 'usleep' in scope
import SeppoMPI

func waits(_ numbers: [Int]) throws {
  _ = try numbers.mapParallel { number -> Int in
    usleep(100)
    return number
  }
}
