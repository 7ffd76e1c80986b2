/// How far a call is. Times are in nanoseconds.
package struct CallProgress: Sendable {
  package var label: String
  /// The number of items; nil while it isn't known.
  package var total: Int?
  /// The number of items that are done, with those that failed for good, and those that a checkpoint had stored.
  package var done = 0
  package var stored = 0
  package var failed = 0
  /// The number of attempts that failed and were, or will be, repeated.
  package var retried = 0
  package var ranks = 1
  /// The number of ranks that have items.
  package var working = 0
  /// The time since the call began.
  package var elapsed = 0
  /// How long the oldest chunk has been computed.
  package var oldest = 0
  package var durations = ItemDurations()

  package init(label: String) { self.label = label.split(whereSeparator: \.isNewline).joined(separator: " ") }

  /// The items that this job has computed.
  private var computed: Int { done - stored }

  /// The items per second that this job computes; nil before it has computed any.
  package var rate: Double? {
    computed > 0 && elapsed > 0 ? Double(computed) / (Double(elapsed) / 1e9) : nil
  }

  /// The time until the call ends, in nanoseconds; nil if nothing is known about it.
  ///
  /// The items that remain take as long as those that this job has computed: what a checkpoint had stored took no time. Near
  /// the end, the oldest item counts too: all ranks wait for it.
  package var remaining: Int? {
    guard let total, let rate else { return nil }
    let byRate = Quantity.rounded(Double(max(0, total - done)) / rate * 1e9)
    guard done < total, oldest > 0 else { return byRate }
    // An item that is older than all others will take a while still. One of usual age says nothing new.
    return oldest > durations.mean ? max(byRate, durations.remaining(after: oldest)) : byRate
  }

  /// The part that is done, in per cent, rounded down; nil while the number of items isn't known.
  var percent: Int? {
    guard let total else { return nil }
    return total > 0 ? Int(Double(min(done, total)) / Double(total) * 100) : 100
  }

  /// What went wrong, such as "2 failed" and "1 retried"; empty if nothing did.
  var troubles: [String] {
    [(failed, "failed"), (retried, "retried")].filter { $0.0 > 0 }.map { "\(Quantity.count($0.0)) \($0.1)" }
  }
}
