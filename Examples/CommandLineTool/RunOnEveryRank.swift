// Shared by the examples with a command line: swift-argument-parser on many ranks.

import ArgumentParser
import Foundation
import SeppoMPI

extension ParsableCommand {
  /// Reads the command line and runs the command, on every rank.
  ///
  /// All ranks have the same command line, so all find the same usage error: rank 0 prints it, once, and every rank ends
  /// with its status (64 for a usage error, 0 after `--help`).
  ///
  /// - Parameter arguments: the command line; nil for that of the process.
  public static func runOnEveryRank(_ arguments: [String]? = nil) {
    Seppo.run {
      do {
        var command = try parseAsRoot(arguments)
        try command.run()
      } catch {
        let status = exitCode(for: error)
        // Seppo reports errors that are not about the command line.
        if status == .failure { throw error }
        let stream: FileHandle = status == .success ? .standardOutput : .standardError
        if Seppo.isRoot { stream.write(Data("\(fullMessage(for: error))\n".utf8)) }
        Seppo.exit(status.rawValue)
      }
    }
  }
}
