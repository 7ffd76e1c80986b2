import Foundation

/// The file with a line for each job that has ended, with GNU parallel's columns.
final class JobLog {
  private static let header = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n"

  private let file: UnsafeMutablePointer<FILE>
  private let path: String

  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  /// Opens the file.
  ///
  /// - Parameter appends: whether the lines that it has stay.
  init(_ path: String, appends: Bool) throws {
    self.path = path
    guard let file = fopen(path, appends ? "ae" : "we") else {
      throw Problem(description: "\(path): \(String(cString: strerror(errno)))")
    }
    self.file = file
    fseek(file, 0, SEEK_END)
    if ftell(file) == 0 { try write(JobLog.header) } else if appends, !JobLog.hasWholeLines(path) { try write("\n") }
  }

  /// Whether the last line is complete: an earlier run may have been killed while it wrote.
  private static func hasWholeLines(_ path: String) -> Bool {
    guard let file = FileHandle(forReadingAtPath: path), let end = try? file.seekToEnd(), end > 0 else { return true }
    try? file.seek(toOffset: end - 1)
    return (try? file.read(upToCount: 1)) == Data("\n".utf8)
  }

  deinit { fclose(file) }

  func append(_ outcome: Outcome) throws {
    let seconds = String(format: "%10.3f", outcome.seconds)
    try write(
      """
      \(outcome.job.number)\t\(outcome.host)\t\(String(format: "%.3f", outcome.start))\t\(seconds)\t0\t\
      \(outcome.output.count)\t\(outcome.status)\t\(outcome.signal)\t\(outcome.job.line)

      """)
  }

  private func write(_ text: String) throws {
    if fputs(text, file) < 0 || fflush(file) != 0 {
      throw Problem(description: "\(path): \(String(cString: strerror(errno)))")
    }
  }

  /// Returns the numbers of the jobs that need not run again.
  ///
  /// - Parameter exceptFailed: whether those that have failed run again.
  static func done(in path: String, exceptFailed: Bool) throws -> Set<Int> {
    guard access(path, F_OK) == 0 else { return [] }
    guard let text = FileManager.default.contents(atPath: path) else {
      throw Problem(description: "\(path): can't be read")
    }
    var done: Set<Int> = []
    // A command may have several lines: those don't begin with the columns of a job.
    for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
      let fields = line.split(separator: "\t", maxSplits: 8, omittingEmptySubsequences: false)
      guard fields.count == 9, let number = Int(fields[0]), let status = Int(fields[6]), let signal = Int(fields[7])
      else {
        continue
      }
      // The last line of a job counts.
      if exceptFailed, status != 0 || signal != 0 { done.remove(number) } else { done.insert(number) }
    }
    return done
  }
}
