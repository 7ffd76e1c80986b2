internal import CFork
import SeppoSystem

/// A program to start: absolute paths, and its whole environment.
package struct Program {
  package let path: String
  /// Its name for itself, and its arguments.
  package let arguments: [String]
  /// `NAME=value`.
  package let environment: [String]
  /// Its current folder; nil for this process's.
  package let folder: String?

  package init(path: String, arguments: [String], environment: [String], folder: String?) {
    self.path = path
    self.arguments = arguments
    self.environment = environment
    self.folder = folder
  }

  /// The system doesn't start a program.
  package struct StartError: Error {
    package let reason: String
  }

  /// Starts the program as the leader of a process group of its own, with default signal actions.
  ///
  /// - Parameters:
  ///   - input: the descriptor that it has as its standard input; nil for /dev/null.
  ///   - output: that of its standard output.
  ///   - errors: that of its standard error.
  func start(input: Int32?, output: Int32, errors: Int32, _ mark: ProgramMark) throws(StartError) -> pid_t {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #else
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input {
      posix_spawn_file_actions_adddup2(&actions, input, 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, errors, 2)
    if let folder { posix_spawn_file_actions_addchdir_np(&actions, folder) }
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    var flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    #if canImport(Darwin)
      flags |= POSIX_SPAWN_CLOEXEC_DEFAULT
    #else
      // MPI's and the program's own files.
      posix_spawn_file_actions_addclosefrom_np(&actions, 3)
    #endif
    posix_spawnattr_setflags(&attributes, Int16(flags))
    for text in arguments + environment + [folder ?? ""] where text.utf8.contains(0) {
      throw StartError(reason: "\(text.debugDescription) contains a NUL character, where it would end")
    }
    var process = pid_t()
    let status = withCStrings(arguments) { arguments in
      withCStrings(environment + [mark.variable]) { environment in
        posix_spawn(&process, path, &actions, &attributes, arguments, environment)
      }
    }
    guard status == 0 else { throw StartError(reason: reason(status)) }
    return process
  }

  private func reason(_ error: Int32) -> String {
    switch error {
    case ENOEXEC: "\(refusalText(error)): a script needs a first line such as #!/bin/sh"
    case ENOENT where access(path, F_OK) == 0: "its interpreter, or the folder \(folder ?? "."), doesn't exist"
    case E2BIG: "\(refusalText(error)): pass long texts as input, or in a file"
    default: refusalText(error)
    }
  }
}

/// What a program has written, and how it ended.
package struct ProgramOutcome {
  package enum End {
    /// It has exited with this status.
    case exited(Int32)
    /// This signal has ended it.
    case signalled(Int32)
    /// It was killed because its time was over.
    case timedOut
    /// It was killed because its item's result is not wanted any more.
    case unwanted
    /// Its log couldn't be written; if it still ran, it was killed.
    case logRefused(String)
    /// Other code of this process has taken its status.
    case lost
  }

  package let end: End
  /// What it has written on standard output, up to `ProgramRun.longestOutput` bytes.
  package let output: [UInt8]
  /// The last `ProgramRun.longestErrors` bytes that it has written on standard error.
  package let errors: [UInt8]
  /// Whether nothing of both is missing.
  package let isComplete: Bool
}
