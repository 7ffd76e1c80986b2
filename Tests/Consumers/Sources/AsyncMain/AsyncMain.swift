// An asynchronous main: calls before and after an await, which may change the thread; f sees task-local values.
import Foundation
import SeppoMPI

enum Config {
  @TaskLocal static var factor = 0
}

@main
struct AsyncMain {
  static func main() async {
    await Seppo.run {
      var sum = 0
      for round in 0..<10 {
        sum += try Config.$factor.withValue(round) { try (0..<10).mapParallel { $0 * Config.factor } }.reduce(0, +)
        await Task.yield()
        await Task.detached { _ = usleep(100) }.value
      }
      let total = sum
      try Seppo.atRoot { print(total) }
    }
  }
}
