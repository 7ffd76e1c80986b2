// What the examples with a command line share: swift-argument-parser on many ranks.

import ArgumentParser
import Foundation
import SeppoMPI

extension ParsableCommand {
  /// Reads the command line and runs the command, on every rank.
  ///
  /// All ranks have the same command line, so all come to the same mistake: rank 0 says it, once, and every rank ends with
  /// the status that belongs to it (64 for a usage error, 0 after `--help`).
  public static func runOnEveryRank() {
    Seppo.run {
      do {
        var command = try parseAsRoot()
        try command.run()
      } catch {
        let status = exitCode(for: error)
        // Errors that are not about the command line are Seppo's to report.
        if status == .failure { throw error }
        let stream: FileHandle = status == .success ? .standardOutput : .standardError
        if Seppo.isRoot { stream.write(Data("\(fullMessage(for: error))\n".utf8)) }
        Seppo.exit(status.rawValue)
      }
    }
  }
}
