// An asynchronous main: calls before and after an await, that may change the thread.
import SeppoMPI

@main
struct AsyncMain {
  static func main() async {
    await Seppo.run {
      var sum = 0
      for round in 0..<10 {
        sum += try (0..<10).mapParallel { $0 * round }.reduce(0, +)
        await Task.yield()
        await Task.detached { _ = usleep(100) }.value
      }
      let total = sum
      try Seppo.atRoot { print(total) }
    }
  }
}
