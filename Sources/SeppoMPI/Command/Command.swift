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
  /// Its arguments, as the program gets them.
  public var arguments: [String]

  /// Makes a command; it is not started yet.
  ///
  /// - Parameters:
  ///   - program: A name, which is searched in PATH, or a path, which is relative to the rank's current folder.
  ///   - arguments: Its arguments. A shell's quotes, wildcards and variables have no meaning in them.
  public init(_ program: String, _ arguments: String...) { self.init(program, arguments) }

  /// Makes a command; it is not started yet.
  ///
  /// - Parameters:
  ///   - program: A name, which is searched in PATH, or a path, which is relative to the rank's current folder.
  ///   - arguments: Its arguments. A shell's quotes, wildcards and variables have no meaning in them.
  public init(_ program: String, _ arguments: [String]) {
    self.program = program
    self.arguments = arguments
  }

  /// Returns a command that runs a line of a shell, `/bin/sh`, with its pipes, wildcards and variables.
  public static func shell(_ line: String) -> Command { Command("/bin/sh", "-c", line) }
}

extension Command: CustomStringConvertible {
  /// The command as a line for a shell.
  public var description: String { ([program] + arguments).map { Command.quoted($0) }.joined(separator: " ") }

  /// The description, cut for a message.
  var shortened: String {
    let text = description.prefix(Command.longestInMessage)
    return text.endIndex == description.endIndex ? description : "\(text)…"
  }

  private static let longestInMessage = 500

  private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-")

  private static func quoted(_ text: String) -> String {
    if !text.isEmpty, text.allSatisfy({ plain.contains($0) }) { return text }
    return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
