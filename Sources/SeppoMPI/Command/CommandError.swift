#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif
import SeppoProcess

/// A program that an item runs has not done its work. The results in errors have at most the first 64 KiB of standard output, and the last
/// 64 KiB of standard error.
#if hasAttribute(nonexhaustive)
  @nonexhaustive
#endif
public enum CommandError: Error, Sendable, Equatable, Codable {
  /// The status isn't 0: see ``CommandResult/checked``.
  case failed(CommandResult)
  /// More output than is kept, and no log: see ``CommandResult/checked``.
  case tooMuchOutput(CommandResult)
  /// It was killed after its `timeout:`, in seconds. The result has what it had written.
  case timedOut(CommandResult, seconds: Double)
  /// It was killed because nobody wants its item's result: the item has exceeded the map's `timeout:`, or the call has ended without
  /// it.
  case abandoned(CommandResult)
  /// There is no such program, or it can't be executed: the folders of PATH that were searched, nil for a path, and why.
  case notFound(Command, searched: String?, reason: String?)
  /// The system doesn't start it, or its folder or log can't be used.
  case notStarted(Command, reason: String)
  /// Other code of this process has waited for it, or ignores SIGCHLD, so that its status is lost.
  case statusLost(CommandResult)
  /// Its log can't be written. If it still ran, it was killed.
  case logFailed(CommandResult, reason: String)
}

extension CommandError: CustomStringConvertible {
  /// One sentence, with the command line.
  public var description: String {
    switch self {
    case .failed(let result):
      "\(result.command.shortened) \(CommandError.spell(result))\(CommandError.spellErrors(result))"
    case .tooMuchOutput(let result):
      """
      \(result.command.shortened) wrote more than is kept (\(SeppoError.spell(bytes: ProgramRun.longestOutput)) of standard output, \
      \(SeppoError.spell(bytes: ProgramRun.longestErrors)) of standard error); pass log: to have the rest in a file
      """
    case .timedOut(let result, let seconds):
      "\(result.command.shortened) took longer than \(SeppoError.spell(seconds: seconds)) and was killed\(CommandError.spellErrors(result))"
    case .abandoned(let result):
      "\(result.command.shortened) was killed, because its item's result is not wanted any more\(CommandError.spellErrors(result))"
    case .notFound(let command, let searched?, nil):
      "\(command.program): no such program in PATH (\(searched))"
    case .notFound(_, _?, let reason?): "no program that can be executed: \(reason)"
    case .notFound(let command, nil, let reason): reason ?? "\(command.program): no such program"
    case .notStarted(let command, let reason): "\(command.shortened) could not be started: \(reason)"
    case .logFailed(let result, let reason):
      "the log of \(result.command.shortened) can't be written: \(reason)"
    case .statusLost(let result):
      """
      the status of \(result.command.shortened) is lost: other code of this process waits for all child processes, or ignores \
      SIGCHLD
      """
    }
  }

  private static func spell(_ result: CommandResult) -> String {
    result.signal.map { "was ended by \(SignalName.text($0))" } ?? "ended with status \(result.status)"
  }

  private static func spellErrors(_ result: CommandResult) -> String {
    result.errorBytes.isEmpty ? "" : "; the end of its standard error: \(result.lastErrorLines)"
  }
}

extension CommandError: LocalizedError {
  /// The same sentence as `description`: what `localizedDescription` returns.
  public var errorDescription: String? { description }
}

extension CommandResult {
  /// This result, if the program has succeeded.
  ///
  /// - Throws: ``CommandError/failed(_:)`` if the status isn't 0, and ``CommandError/tooMuchOutput(_:)`` if output is missing and there is
  ///   no log that has it.
  public var checked: CommandResult {
    get throws {
      if status != 0 { throw CommandError.failed(shortened) }
      if !isComplete, !hasLog { throw CommandError.tooMuchOutput(shortened) }
      return self
    }
  }
}
