/// How a program ended, and what it wrote.
public struct CommandResult: Sendable, Equatable, Codable {
  /// The command that was run.
  public let command: Command
  /// The status with which it exited; as in a shell, 128 + the signal's number if a signal ended it.
  public let status: Int32
  /// The signal that ended it; nil if it exited.
  public let signal: Int32?
  /// What it wrote on standard output, as bytes: at most the first 16 MiB.
  public let outputBytes: [UInt8]
  /// What it wrote on standard error, as bytes: at most the last 16 MiB.
  public let errorBytes: [UInt8]
  /// Whether `outputBytes` and `errorBytes` are all that it wrote. The rest is in the `log:`, if there is one.
  public let isComplete: Bool
  let hasLog: Bool

  /// What it wrote on standard output. Bytes that aren't UTF-8 are replaced.
  public var output: String { String(decoding: outputBytes, as: UTF8.self) }

  /// What it wrote on standard error. Bytes that aren't UTF-8 are replaced.
  public var errors: String { String(decoding: errorBytes, as: UTF8.self) }

  /// The number of bytes that errors keep.
  private static let longestInError = 64 << 10

  /// The result as a part of an error, of which rank 0 may have to keep many.
  var shortened: CommandResult {
    let longest = CommandResult.longestInError
    return CommandResult(
      command: command, status: status, signal: signal, outputBytes: Array(outputBytes.prefix(longest)),
      errorBytes: Array(errorBytes.suffix(longest)),
      isComplete: isComplete && outputBytes.count <= longest && errorBytes.count <= longest, hasLog: hasLog)
  }

  /// The last lines of standard error, for a message.
  var lastErrorLines: String {
    let text = String(decoding: errorBytes.suffix(2_000), as: UTF8.self)
    let lines = text.split(whereSeparator: \.isNewline).filter { line in line.contains { !$0.isWhitespace } }
    // Control characters would change the terminal on which the message is printed.
    return lines.suffix(3).map { line in
      String(String.UnicodeScalarView(line.unicodeScalars.suffix(300).map { $0.value < 32 && $0 != "\t" ? "?" : $0 }))
    }.joined(separator: " | ")
  }
}
