import Foundation
import SeppoSystem

/// A child process of the launcher.
struct Child {
  let id: pid_t

  /// - Parameters:
  ///   - input: a file instead of this process's standard input, and so on.
  ///   - printsErrors: whether its output goes to standard error.
  ///   - ownGroup: whether signals of a terminal don't reach it.
  ///   - kept: a descriptor that it gets as number 3.
  static func start(
    _ words: [String], variables: [String: String]? = nil, input: String? = nil, output: String? = nil,
    errors: String? = nil,
    printsErrors: Bool = false, ownGroup: Bool = false, kept: Int32? = nil
  ) throws -> Child {
    #if os(Linux)
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #else
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #endif
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    if let input { posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0) }
    for case (let path?, let number) in [(output, 1), (errors, 2)] as [(String?, Int32)] {
      posix_spawn_file_actions_addopen(&actions, number, path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    }
    if printsErrors { posix_spawn_file_actions_adddup2(&actions, 2, 1) }
    if let kept { posix_spawn_file_actions_adddup2(&actions, kept, 3) }
    var defaults = sigset_t()
    sigemptyset(&defaults)
    for signal in Signals.forwarded { sigaddset(&defaults, signal) }
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGDEF) | (ownGroup ? Int16(POSIX_SPAWN_SETPGROUP) : 0))
    var id: pid_t = 0
    let environment = (variables ?? ProcessInfo.processInfo.environment).map { "\($0)=\($1)" }
    let status = withCStrings(words) { words in
      withCStrings(environment) { environment in posix_spawnp(&id, words[0]!, &actions, &attributes, words, environment)
      }
    }
    guard status == 0 else {
      throw LaunchFailure(text: "\(words[0]) can't be started: \(String(cString: strerror(status)))", status: 127)
    }
    return Child(id: id)
  }

  /// Returns the exit status, or 128 plus the number of the signal that ended it; nil while it runs.
  func status() -> Int? {
    var status: Int32 = 0
    let ended = waitpid(id, &status, WNOHANG)
    guard ended == id else { return ended < 0 && errno == ECHILD ? 255 : nil }
    return Child.meaning(of: status)
  }

  func wait() -> Int {
    var status: Int32 = 0
    while waitpid(id, &status, 0) < 0, errno == EINTR {}
    return Child.meaning(of: status)
  }

  private static func meaning(of status: Int32) -> Int {
    let signal = Int(status & 0x7F)
    return signal == 0 ? Int(status >> 8 & 0xFF) : 128 + signal
  }

  /// Returns what a program prints; nothing if it fails.
  static func output(of words: [String]) throws -> String {
    try WorkFolder.with { folder in
      let status = try Child.start(words, input: "/dev/null", output: "\(folder)/output", errors: "/dev/null").wait()
      return status == 0 ? (LaunchSettings.read("\(folder)/output") ?? "").trimmingCharacters(in: .newlines) : ""
    }
  }

  /// Replaces this process.
  static func replace(_ words: [String], variables: [String: String]) -> LaunchFailure {
    for (name, value) in variables { setenv(name, value, 1) }
    withCStrings(words) { words in _ = execvp(words[0]!, words) }
    return LaunchFailure(text: "\(words[0]) can't be started: \(String(cString: strerror(errno)))", status: 127)
  }
}
