// Items that start other MPI and Seppo programs.
//
//   mpirun -n 2 Starter command|fork PROGRAM ARGUMENTS...
//
// Prints what each item's program has written, and its status.

import Foundation
import SeppoMPI

@main
struct Starter {
  static func main() throws {
    let (way, words) = (CommandLine.arguments[1], Array(CommandLine.arguments.dropFirst(2)))
    let texts = try (0..<Seppo.size).mapParallel { _ -> String in
      if way == "command" {
        let result = try Command(words[0], Array(words.dropFirst())).run()
        return "\(result.output)\(result.errors)status \(result.status)"
      }
      return try fork(words)
    }
    try Seppo.atRoot { for text in texts { print(text) } }
  }

  /// Starts a program with the rank's environment.
  nonisolated static func fork(_ words: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: words[0])
    process.arguments = Array(words.dropFirst())
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return "\(text)status \(process.terminationStatus)"
  }
}
