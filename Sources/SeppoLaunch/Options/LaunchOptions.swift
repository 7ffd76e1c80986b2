/// What the user asks for, in the words after `mpi-run.sh`.
package struct LaunchOptions: Sendable, Equatable {
  package var ranks: Int?
  package var threads: Int?
  package var threadsPerItem: Int?
  package var restarts: Int?
  package var hosts: Hosts?
  /// Of `-x`: `NAME` or `NAME=VALUE`.
  package var variables: [String] = []
  package var isDebug = false
  package var wantsHelp = false
  /// The program and its arguments.
  package var words: [String] = []

  /// Where the hosts are listed.
  package enum Hosts: Sendable, Equatable {
    /// `a:4,b:4`
    case list(String)
    case file(String)
  }

  package init() {}
}

/// A mistake in these words. Its text is one or two lines.
package struct Misuse: Error, Equatable, CustomStringConvertible {
  package let description: String

  package init(_ lines: String...) { description = lines.joined(separator: "\n") }
}
