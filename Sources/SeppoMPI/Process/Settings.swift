internal import Logging
import SeppoTransport

/// What the environment says of how Seppo is to work; see docs/DESIGN.md.
struct Settings {
  /// `SEPPO_CHECK=1`: everything goes through the wire, one rank's own items too.
  let checksWire = Settings.text("SEPPO_CHECK") == "1"
  /// `SEPPO_THREADS`: compute threads where the program doesn't say how many, or 1; nil where that isn't a number.
  let threads = Settings.text("SEPPO_THREADS").map { $0.isEmpty ? 1 : Int($0) } ?? 1
  /// `SEPPO_SPLIT_BYTES`: the longest piece in which messages travel; for tests of what is longer.
  let splitBytes = Settings.text("SEPPO_SPLIT_BYTES").flatMap { Int($0) }.flatMap {
    (1...Communicator.largestSplit).contains($0) ? $0 : nil
  }
  /// `SEPPO_SILENCE_S`: how long a rank in a call may be silent, in nanoseconds; 0 for any time. Rank 0's counts.
  let silence: Int
  /// `SEPPO_LOG`: swift-log's `debug` and so on; nil for nothing.
  let logLevel: Logger.Level?

  /// - Throws: where a value can't be.
  init() throws {
    let level = Settings.text("SEPPO_LOG") ?? ""
    logLevel = Logger.Level(rawValue: level.lowercased())
    if logLevel == nil, !level.isEmpty {
      let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
      throw BadSetting(description: "SEPPO_LOG=\(level): it is one of \(levels)")
    }
    guard let text = Settings.text("SEPPO_SILENCE_S"), !text.isEmpty else {
      silence = 300_000_000_000
      return
    }
    guard let seconds = Double(text), seconds >= 0, seconds < 1e9 else {
      throw BadSetting(description: "SEPPO_SILENCE_S=\(text): it is a number of seconds, 0 for any time")
    }
    silence = Int(seconds * 1e9)
  }

  private static func text(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

struct BadSetting: Error, CustomStringConvertible {
  let description: String
}
