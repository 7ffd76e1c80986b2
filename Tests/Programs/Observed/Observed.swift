import Foundation
import SeppoMPI

/// Makes calls whose progress, summary and timeline tests look at. Arguments: which calls, the number of items, and the time of
/// an item in microseconds.
@main
struct Observed {
  private static let arguments = CommandLine.arguments
  private static let kind = arguments.count > 1 ? arguments[1] : "all"
  private static let count = arguments.count > 2 ? Int(arguments[2]) ?? 0 : 40
  private static let time = arguments.count > 3 ? UInt32(arguments[3]) ?? 0 : 20_000

  struct Unlucky: Error {}

  static func main() {
    Seppo.run {
      switch kind {
      case "map": try map()
      case "tail": try tail()
      case "failures": try failures()
      case "prints": try prints()
      case "dies": try dies()
      case "hostile": try hostile()
      case "loop": for _ in 0..<count { _ = try (0..<8).mapParallel { $0 + 1 } }
      case "throws":
        _ = try (0..<count).parallel(progress: "fits").map { if $0 == count / 2 { throw Unlucky() } else { wait() } }
      default:
        try map()
        try tail()
        try failures()
        try stream()
        try pool()
        try reduction()
      }
    }
  }

  @Sendable private static func wait() -> Int {
    usleep(time)
    return 1
  }

  private static func map() throws {
    _ = try (0..<count).parallel(progress: "fits").map { _ in wait() }
  }

  /// The last item takes as long as all others.
  private static func tail() throws {
    _ = try (0..<count).parallel(progress: "tail").map { index in
      for _ in 0..<(index == count - 1 ? count : 1) { _ = wait() }
      return index
    }
  }

  /// Each tenth item fails, and each fifth other one at its first attempt on a rank.
  private static func failures() throws {
    _ = try (0..<count).parallel(retries: 1, progress: "unlucky").mapResults { index in
      _ = wait()
      if index % 10 == 3 { throw Unlucky() }
      if index % 10 == 7, Seppo.rank == 0 { throw Unlucky() }
      return index
    }
  }

  private static func stream() throws {
    try (0..<count).lazy.filter { $0 % 2 == 0 }.parallel(progress: "stream").forEachResult { _ in
      wait()
    } _: { _, _ in
    }
  }

  private static func pool() throws {
    try Seppo.withPool({ (_: Int) in wait() }, ParallelOptions(progress: "pool")) { pool in
      for index in 0..<count { pool.submit(index) }
      while pool.next() != nil {}
    }
  }

  private static func reduction() throws {
    _ = try (0..<count).parallel(progress: "sum").mapReduce(0, { _ in wait() }, +)
  }

  /// Items and the program print while the bar is shown.
  private static func prints() throws {
    _ = try (0..<count).parallel(progress: "prints").map { index in
      print("item \(index)")
      return wait()
    }
    try Seppo.atRoot { print("the end") }
  }

  struct Hostile: Error, CustomStringConvertible { let description: String }

  /// A label and an error whose text could end a script, a string or a line.
  private static func hostile() throws {
    let text = """
      </script><script>throw 1</script><b id=evil>"quoted" 'so' \\ 😀 & &amp; <!--
      second line
      """
    _ = try (0..<count).parallel(progress: text).map { index in
      if index == count / 2 { throw Hostile(description: text) }
      return wait()
    }
  }

  /// A rank dies in the middle.
  private static func dies() throws {
    _ = try (0..<count).parallel(progress: "fits").map { index in
      if index == count / 2 { kill(getpid(), SIGKILL) }
      return wait()
    }
  }
}
