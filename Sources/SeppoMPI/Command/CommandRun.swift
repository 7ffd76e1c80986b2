import SeppoProcess

extension Command {
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
  /// - Returns: How it ended, and what it wrote: the first 16 MiB of its standard output, and the last 16 MiB of its standard error.
  /// - Throws: ``CommandError`` if there is no such program, if it can't be started, or if it was killed because it took too long.
  public func run(
    in folder: String? = nil, input: String? = nil, environment: [String: String?] = [:], log: String? = nil,
    timeout: Duration? = nil
  ) throws -> CommandResult {
    let run = CommandRun(command: self, folder: folder, log: log, timeout: timeout?.inNanoseconds)
    return try run(input: input, changes: environment)
  }
}

/// One run of a command.
struct CommandRun {
  let command: Command
  let folder: String?
  let log: String?
  /// In nanoseconds; nil for none.
  let timeout: Int?

  /// - Parameters:
  ///   - input: What the program can read.
  ///   - changes: Variables that differ from this process's.
  func callAsFunction(input: String?, changes: [String: String?]) throws(CommandError) -> CommandResult {
    let start = monotonicNanoseconds()
    let environment = ProgramEnvironment.make(
      from: ProgramEnvironment.own, changes: CommandRun.threadCounts.merging(ownFolder) { $1 }.merging(changes) { $1 })
    let program = Program(
      path: try path(in: environment), arguments: [command.program] + command.arguments, environment: environment,
      folder: folder)
    let slot = RankProcess.isFork || CallContext.current == .everyRank ? nil : Job.current.slots.own
    if slot?.isUnwanted == true { throw .abandoned(result(128 + SIGKILL, SIGKILL, of: nil)) }
    let run = try started(program, input)
    let outcome = run.wait(until: timeout.map { start.plus($0) }) { slot?.isUnwanted ?? false }
    return try result(of: outcome)
  }

  /// The variable that shells set to the current folder.
  private var ownFolder: [String: String?] { folder.map { ["PWD": ProgramSearch.absolute($0)] } ?? [:] }

  private func path(in environment: [String]) throws(CommandError) -> String {
    let folders = environment.last { $0.hasPrefix("PATH=") }.map { String($0.dropFirst("PATH=".count)) }
    do throws(ProgramSearch.Missing) {
      return try ProgramSearch.path(of: command.program, in: folders ?? "/usr/local/bin:/usr/bin:/bin")
    } catch {
      throw .notFound(command, searched: error.folders, reason: error.reason)
    }
  }

  private func started(_ program: Program, _ input: String?) throws(CommandError) -> ProgramRun {
    let file: ProgramLog?
    do throws(FileRefusal) {
      if let folder { try ProgramFolder.create(folder) }
      if let log { file = try ProgramLog(log, in: folder) } else { file = nil }
    } catch {
      throw .notStarted(command, reason: error.reason)
    }
    do throws(Program.StartError) {
      return try ProgramRun(program, input: input.map { Array($0.utf8) }, log: file)
    } catch {
      throw .notStarted(command, reason: error.reason)
    }
  }

  /// - Parameter outcome: what the program has written; nil if it wasn't started.
  private func result(_ status: Int32, _ signal: Int32?, of outcome: ProgramOutcome?) -> CommandResult {
    CommandResult(
      command: command, status: status, signal: signal, outputBytes: outcome?.output ?? [],
      errorBytes: outcome?.errors ?? [], isComplete: outcome?.isComplete ?? true, hasLog: log != nil)
  }

  private func result(of outcome: ProgramOutcome) throws(CommandError) -> CommandResult {
    var killed: CommandResult { result(128 + SIGKILL, SIGKILL, of: outcome).shortened }
    switch outcome.end {
    case .exited(let status): return result(status, nil, of: outcome)
    case .signalled(let signal): return result(128 + signal, signal, of: outcome)
    case .timedOut: throw .timedOut(killed, seconds: Double(timeout ?? 0) / 1e9)
    case .unwanted: throw .abandoned(killed)
    case .lost: throw .statusLost(killed)
    case .logRefused(let reason): throw .logFailed(killed, reason: reason)
    }
  }

  /// The variables for libraries inside the program, if Seppo chooses them: a rank may have more compute threads in this call than
  /// in others.
  private static var threadCounts: [String: String?] {
    CallContext.current == .everyRank
      ? [:] : Job.current.process.threadsPerItem.variables(threads: Job.current.threads)
  }
}
