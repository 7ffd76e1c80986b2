import ArgumentParser
import SeppoMPI

@main
struct AsyncParsable: AsyncParsableCommand {
  @Option var count = 4

  func run() async throws {
    let count = count
    await Seppo.run {
      await Task.yield()
      let squares = try (0..<count).mapParallel { $0 * $0 }
      try Seppo.atRoot { print(squares) }
    }
  }
}
