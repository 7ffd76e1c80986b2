import ArgumentParser
import SeppoMPI

@main
struct Parsable: ParsableCommand {
  @Option var count = 4

  func run() throws {
    let count = count
    Seppo.run {
      let squares = try (0..<count).mapParallel { $0 * $0 }
      try Seppo.atRoot { print(squares) }
    }
  }
}
