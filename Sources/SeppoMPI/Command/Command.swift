import SeppoProcess

/// A program that an item runs, with its arguments.
///
/// ```swift
/// let energies = try ligands.mapParallel { path in
///   let result = try Command("dock", "--ligand", path).run(timeout: .seconds(600)).checked
///   return Double(result.output.split(separator: " ").last ?? "") ?? .nan
/// }
/// ```
///
/// It is started without a shell, so that arguments need no quotes. It leads a process group of its own: the signals that ask the job
/// to stop don't reach it. It is killed, with all that it has started, when its item exceeds the map's `timeout:`, when the job ends,
/// and when the rank dies. It does not get the variables that launchers set for ranks (`OMPI_…`, `PMIX_…`, `SLURM_PROCID`, …), nor
/// Seppo's own, so that it may be an MPI program, `mpirun`, or another Seppo program.
public struct Command: Sendable, Equatable, Hashable, Codable {
  /// A name, which is searched in PATH, or a path.
  public var program: String
  public var arguments: [String]

  /// - Parameters:
  ///   - program: A name, which is searched in PATH, or a path, which is relative to the rank's current folder.
  ///   - arguments: Its arguments. A shell's quotes, wildcards and variables have no meaning in them.
  public init(_ program: String, _ arguments: String...) { self.init(program, arguments) }

  /// - Parameters:
  ///   - program: A name, which is searched in PATH, or a path, which is relative to the rank's current folder.
  ///   - arguments: Its arguments. A shell's quotes, wildcards and variables have no meaning in them.
  public init(_ program: String, _ arguments: [String]) {
    self.program = program
    self.arguments = arguments
  }

  /// Returns a command that runs a line of a shell, `/bin/sh`, with its pipes, wildcards and variables.
  public static func shell(_ line: String) -> Command { Command("/bin/sh", "-c", line) }

  /// Runs the program, and waits until it has ended.
  ///
  /// A status other than 0 is not an error: see ``CommandResult/status`` and ``CommandResult/checked``. What the program has started and
  /// left running in its process group is killed.
  ///
  /// - Parameters:
  ///   - folder: Its current folder, which is created if it doesn't exist; the rank's by default.
  ///   - input: What it can read on standard input; nothing by default.
  ///   - environment: Further variables, or nil for a variable that it must not have.
  ///   - log: The path of a file that gets all that it writes, on standard output and standard error, in the place of what is
  ///     there. Relative to `folder`.
  ///   - timeout: The time after which it is killed.
  /// - Returns: How it ended, and what it wrote: the first 16 MiB of its standard output, and the last 1 MiB of its standard error.
  /// - Throws: ``CommandError`` if there is no such program, if it can't be started, or if it was killed because it took too long.
  public func run(
    in folder: String? = nil, input: String? = nil, environment: [String: String?] = [:], log: String? = nil,
    timeout: Duration? = nil
  ) throws -> CommandResult {
    let run = CommandRun(command: self, folder: folder, log: log, timeout: timeout?.inNanoseconds)
    return try run(input: input, changes: environment)
  }
}

extension Command: CustomStringConvertible {
  /// The command as a line for a shell.
  public var description: String { ([program] + arguments).map { Command.quoted($0) }.joined(separator: " ") }

  private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-")

  private static func quoted(_ text: String) -> String {
    if !text.isEmpty, text.allSatisfy({ plain.contains($0) }) { return text }
    return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
