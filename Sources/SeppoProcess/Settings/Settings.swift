internal import Logging

/// The settings from environment variables; see docs/Settings.md.
package struct Settings {
  /// `SEPPO_CHECK=1`: all items and results are encoded, even those that stay on their rank.
  package let checksWire = Settings.text("SEPPO_CHECK") == "1"
  /// `SEPPO_THREADS`: the default number of compute threads per rank, 1 if unset; nil if it isn't a number.
  package let threads = Settings.text("SEPPO_THREADS").map { $0.isEmpty ? 1 : Int($0) } ?? 1
  /// `SEPPO_THREADS_PER_ITEM`: the number of threads that libraries inside an item may use; nil if unset.
  package let threadsPerItem: Int?
  /// `SEPPO_SHARED`: whether short calls are made in shared memory: `always` if they fit, or `never`; for tests.
  package let sharedCalls = Settings.text("SEPPO_SHARED")
  /// `SEPPO_SPLIT_BYTES`: the maximum length of a message piece in bytes, for tests of longer messages.
  package let splitBytes: Int?
  /// `SEPPO_SILENCE_S`: how long a rank in a call may be unresponsive, in nanoseconds; 0 for no limit. Rank 0's setting counts.
  package let heartbeatTimeout: Int
  /// `SEPPO_GRACE_S`: how long items in flight may keep running when the job is asked to stop, in nanoseconds.
  package let grace: Int
  /// `SEPPO_DEADLINE`, or else Slurm's end time: when the job ends, in seconds since 1970; nil for never.
  package let deadline: Double?
  /// `SEPPO_REPORT`: the file that rank 0 writes for the script that relaunches the job; see `Report`.
  package let report = Settings.text("SEPPO_REPORT")
  /// `SEPPO_RELAUNCH`: whether a script has relaunched the job and has already reported what it resumes from.
  package let isRelaunch = Settings.text("SEPPO_RELAUNCH") != nil
  package let observation: ObservationSettings
  /// `SEPPO_LOG`: one of swift-log's levels; nil for no log.
  let logLevel: Logger.Level?

  /// - Parameter largestSplit: the length of the longest piece that the transport can send, in bytes.
  /// - Throws: `BadSetting` for an invalid value.
  package init(largestSplit: Int) throws {
    splitBytes = Settings.text("SEPPO_SPLIT_BYTES").flatMap { Int($0) }.flatMap {
      (1...largestSplit).contains($0) ? $0 : nil
    }
    threadsPerItem = try Settings.threadsPerItem()
    observation = try ObservationSettings()
    let level = Settings.text("SEPPO_LOG") ?? ""
    logLevel = Logger.Level(rawValue: level.lowercased())
    if logLevel == nil, !level.isEmpty {
      let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
      throw BadSetting(description: "SEPPO_LOG=\(level): not a level; use one of \(levels)")
    }
    heartbeatTimeout = try Settings.nanoseconds("SEPPO_SILENCE_S", "0 for no limit") ?? 300_000_000_000
    grace = try Settings.nanoseconds("SEPPO_GRACE_S", "0 for none") ?? 30_000_000_000
    deadline = try Settings.deadlineOfJob()
  }

  private static func threadsPerItem() throws -> Int? {
    guard let text = Settings.text("SEPPO_THREADS_PER_ITEM"), !text.isEmpty else { return nil }
    guard let count = Int(text), count > 0 else {
      throw BadSetting(
        description:
          "SEPPO_THREADS_PER_ITEM=\(text): must be the number of threads that libraries inside an item may use")
    }
    return count
  }

  private static func nanoseconds(_ name: String, _ meaningOfZero: String) throws -> Int? {
    guard let text = Settings.text(name), !text.isEmpty else { return nil }
    guard let seconds = Double(text), seconds >= 0, seconds < 1e9 else {
      throw BadSetting(
        description: "\(name)=\(text): must be a number of seconds, from 0 to a billion (\(meaningOfZero))")
    }
    return Int(seconds * 1e9)
  }

  private static func deadlineOfJob() throws -> Double? {
    guard let text = Settings.text("SEPPO_DEADLINE"), !text.isEmpty else {
      // A time in the past can't be this job's end.
      return Settings.text("SLURM_JOB_END_TIME").flatMap { Double($0) }.flatMap {
        $0 > SeppoProcess.secondsSince1970() ? $0 : nil
      }
    }
    return try deadline(text, now: SeppoProcess.secondsSince1970())
  }

  /// The maximum distance of a deadline from now, in seconds: ten years. It excludes milliseconds since 1970 and seconds from
  /// now, which are probably mistakes.
  private static let maximumDistance = 10 * 365.25 * 86_400

  /// Parses a deadline.
  ///
  /// - Parameters:
  ///   - text: the value of `SEPPO_DEADLINE`.
  ///   - now: the current time, in seconds since 1970.
  /// - Returns: seconds since 1970; nil for none.
  /// - Throws: `BadSetting` if the text isn't a time, or the time isn't plausible.
  package static func deadline(_ text: String, now: Double) throws(BadSetting) -> Double? {
    if text == "none" { return nil }
    guard let seconds = Double(text) ?? secondsSince1970(of: text), seconds > 0 else {
      throw BadSetting(
        description: """
          SEPPO_DEADLINE=\(text): not a time; use a time such as 2026-12-24T18:00:00 (with a Z at the end for UTC), seconds since \
          1970 such as $SLURM_JOB_END_TIME, or none
          """)
    }
    guard abs(seconds - now) < maximumDistance else {
      throw BadSetting(
        description: """
          SEPPO_DEADLINE=\(text): this time is more than ten years from now; a number must be seconds since 1970 (`date +%s` prints \
          the current time), not milliseconds and not seconds from now
          """)
    }
    return seconds
  }

  /// Parses a time such as 2026-12-24T18:00:00, with a Z at the end for UTC.
  private static func secondsSince1970(of text: String) -> Double? {
    let isUniversal = text.hasSuffix("Z")
    let parts = (isUniversal ? text.dropLast() : text[...]).split(separator: "T", omittingEmptySubsequences: false)
    let separators: [Character] = ["-", ":"]
    let numbers = zip(parts, separators).map { part, separator in
      part.split(separator: separator, omittingEmptySubsequences: false).map { Int32($0) ?? -1 }
    }
    guard parts.count == 2, numbers.allSatisfy({ $0.count == 3 && $0.allSatisfy { $0 >= 0 } }) else { return nil }
    var time = tm()
    (time.tm_year, time.tm_mon, time.tm_mday) = (numbers[0][0] - 1900, numbers[0][1] - 1, numbers[0][2])
    (time.tm_hour, time.tm_min, time.tm_sec) = (numbers[1][0], numbers[1][1], numbers[1][2])
    time.tm_isdst = -1
    guard (0..<12).contains(time.tm_mon), (1...31).contains(time.tm_mday), time.tm_hour < 24, time.tm_min < 60,
      time.tm_sec < 61
    else { return nil }
    // `timegm` turns 31 February into 3 March.
    var noon = tm()
    (noon.tm_year, noon.tm_mon, noon.tm_mday, noon.tm_hour) = (time.tm_year, time.tm_mon, time.tm_mday, 12)
    timegm(&noon)
    guard noon.tm_mday == time.tm_mday else { return nil }
    return Double(isUniversal ? timegm(&time) : mktime(&time))
  }

  package static func text(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

package struct BadSetting: Error, CustomStringConvertible {
  package let description: String

  package init(description: String) { self.description = description }
}
