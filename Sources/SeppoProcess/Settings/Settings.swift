internal import Logging

/// What the environment says of how Seppo is to work; see docs/DESIGN.md.
package struct Settings {
  /// `SEPPO_CHECK=1`: everything goes through the wire, one rank's own items too.
  package let checksWire = Settings.text("SEPPO_CHECK") == "1"
  /// `SEPPO_THREADS`: compute threads where the program doesn't say how many, or 1; nil where that isn't a number.
  package let threads = Settings.text("SEPPO_THREADS").map { $0.isEmpty ? 1 : Int($0) } ?? 1
  /// `SEPPO_SPLIT_BYTES`: the longest piece in which messages travel; for tests of what is longer.
  package let splitBytes: Int?
  /// `SEPPO_SILENCE_S`: how long a rank in a call may be silent, in nanoseconds; 0 for any time. Rank 0's counts.
  package let heartbeatTimeout: Int
  /// `SEPPO_GRACE_S`: how long items may go on that are in hand when the job is asked to stop, in nanoseconds.
  package let grace: Int
  /// `SEPPO_DEADLINE`, or else what Slurm says: when the job ends, in seconds since 1970; nil for never.
  package let deadline: Double?
  /// `SEPPO_REPORT`: where rank 0 writes what whoever launches the job again wants to know.
  package let report = Settings.text("SEPPO_REPORT")
  /// `SEPPO_RELAUNCH`: whether the job has been launched again, by somebody who has said what it goes on from.
  package let isRelaunch = Settings.text("SEPPO_RELAUNCH") != nil
  /// `SEPPO_LOG`: swift-log's `debug` and so on; nil for nothing.
  let logLevel: Logger.Level?

  /// - Parameter largestSplit: the longest piece that the transport can send.
  /// - Throws: where a value can't be.
  package init(largestSplit: Int) throws {
    splitBytes = Settings.text("SEPPO_SPLIT_BYTES").flatMap { Int($0) }.flatMap {
      (1...largestSplit).contains($0) ? $0 : nil
    }
    let level = Settings.text("SEPPO_LOG") ?? ""
    logLevel = Logger.Level(rawValue: level.lowercased())
    if logLevel == nil, !level.isEmpty {
      let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
      throw BadSetting(description: "SEPPO_LOG=\(level): it is one of \(levels)")
    }
    heartbeatTimeout = try Settings.nanoseconds("SEPPO_SILENCE_S", "0 for any time") ?? 300_000_000_000
    grace = try Settings.nanoseconds("SEPPO_GRACE_S", "0 for none") ?? 30_000_000_000
    deadline = try Settings.deadlineOfJob()
  }

  private static func nanoseconds(_ name: String, _ least: String) throws -> Int? {
    guard let text = Settings.text(name), !text.isEmpty else { return nil }
    guard let seconds = Double(text), seconds >= 0, seconds < 1e9 else {
      throw BadSetting(description: "\(name)=\(text): it is a number of seconds below a billion, \(least)")
    }
    return Int(seconds * 1e9)
  }

  private static func deadlineOfJob() throws -> Double? {
    guard let text = Settings.text("SEPPO_DEADLINE"), !text.isEmpty else {
      // What has passed is no end of this job.
      return Settings.text("SLURM_JOB_END_TIME").flatMap { Double($0) }.flatMap {
        $0 > SeppoProcess.secondsSince1970() ? $0 : nil
      }
    }
    return try deadline(text, now: SeppoProcess.secondsSince1970())
  }

  /// In seconds: no job's end is farther from now than ten years. Milliseconds since 1970 are, and seconds from now.
  private static let farthest = 10 * 365.25 * 86_400

  /// - Parameter text: what `SEPPO_DEADLINE` is.
  /// - Throws: where that is no time, or not one that can be meant.
  package static func deadline(_ text: String, now: Double) throws(BadSetting) -> Double? {
    if text == "none" { return nil }
    guard let seconds = Double(text) ?? secondsSince1970(of: text), seconds > 0 else {
      throw BadSetting(
        description: """
          SEPPO_DEADLINE=\(text): it is a time, as 2026-12-24T18:00:00 (with a Z behind it where it is UTC), or seconds since 1970, \
          as $SLURM_JOB_END_TIME; or none
          """)
    }
    guard abs(seconds - now) < farthest else {
      throw BadSetting(
        description: """
          SEPPO_DEADLINE=\(text): it is a time more than ten years from now; as a number it is seconds since 1970 (`date +%s` prints \
          those of now), neither milliseconds nor seconds from now
          """)
    }
    return seconds
  }

  /// As 2026-12-24T18:00:00, with a Z behind it where it is UTC.
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
    // Of 31 February it makes 3 March.
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
}
