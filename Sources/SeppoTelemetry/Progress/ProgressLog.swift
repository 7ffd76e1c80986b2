/// A call's progress as lines of a log: when one is due, and its text. A pure state machine; times are in nanoseconds since the
/// beginning of the call.
package struct ProgressLog: Sendable {
  /// The first lines come at these parts of all items, in per cent; then each ten.
  private static let first = [1, 2, 5]
  /// No line comes before this time, and no two lines within `shortestPause`.
  private static let start = 10_000_000_000
  private static let shortestPause = 60_000_000_000
  private static let longestPause = 600_000_000_000

  private var lastTime: Int?
  private var lastPercent = 0

  package init() {}

  /// Whether a line was due.
  package var hasLines: Bool { lastTime != nil }

  /// Returns the line that is due; nil if there is none.
  package mutating func line(_ progress: CallProgress) -> String? {
    let now = progress.elapsed
    guard now >= lastTime.map({ $0 + ProgressLog.shortestPause }) ?? ProgressLog.start else { return nil }
    let step = progress.percent.map { ProgressLog.step($0) } ?? 0
    guard step > lastPercent || now - (lastTime ?? 0) >= ProgressLog.longestPause else { return nil }
    lastTime = now
    lastPercent = max(lastPercent, step)
    return ProgressLog.text(progress)
  }

  /// Returns the largest part at which a line is due and that is reached.
  private static func step(_ percent: Int) -> Int {
    percent >= 10 ? percent - percent % 10 : first.last { $0 <= percent } ?? 0
  }

  private static func text(_ progress: CallProgress) -> String {
    var parts: [String] = []
    if let total = progress.total, let percent = progress.percent {
      parts.append("\(percent) % (\(Quantity.count(progress.done)) of \(Quantity.count(total, "item")))")
    } else {
      parts.append("\(Quantity.count(progress.done, "item"))")
    }
    parts[0] += " after \(Quantity.wholeSeconds(progress.elapsed))"
    if let remaining = progress.remaining { parts.append("\(Quantity.wait(remaining)) left") }
    if let rate = progress.rate { parts.append(Quantity.rate(rate)) }
    parts += progress.troubles
    parts.append("\(Quantity.count(progress.working)) of \(Quantity.count(progress.ranks, "rank")) at work")
    return "Seppo: \(progress.label): \(parts.joined(separator: ", "))"
  }

  /// Returns the last line of a call.
  ///
  /// - Parameter error: whether the call ends with an error.
  package static func end(_ progress: CallProgress, hasFailed: Bool) -> String {
    var items = Quantity.count(progress.done, "item")
    if let total = progress.total, hasFailed || total != progress.done {
      items = "\(Quantity.count(progress.done)) of \(Quantity.count(total, "item"))"
    }
    var parts = ["\(items) in \(Quantity.duration(progress.elapsed))"]
    if let rate = progress.rate { parts.append(Quantity.rate(rate)) }
    if progress.stored > 0 { parts.append("\(Quantity.count(progress.stored)) were stored") }
    parts += progress.troubles
    return "Seppo: \(progress.label): \(hasFailed ? "ended by an error after " : "")\(parts.joined(separator: ", "))"
  }
}
