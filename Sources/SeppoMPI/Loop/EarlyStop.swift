import SeppoProcess

/// A stop of the job before the end of a map, on rank 0.
struct EarlyStop {
  enum Reason {
    case asked(signal: Int32)
    case deadline(Double)
  }

  let reason: Reason
  private let start: Int
  /// How long items in flight may keep running, in nanoseconds.
  private let grace: Int

  /// The time before the deadline by which new items must be done, in seconds.
  static let reserve = 3.0
  /// The time before the deadline from which no item is waited for, in seconds. It is left for storing results.
  static let storing = 1.5

  init(_ reason: Reason, at now: Int, grace: Int) {
    self.reason = reason
    start = now
    self.grace = grace
  }

  /// Whether a launcher may be the cause: launchers send SIGTERM also when another rank has died.
  var mayBeLaunchers: Bool { if case .asked(signal: SIGTERM) = reason { true } else { false } }

  /// Returns whether enough time has passed to know if a launcher is ending the job. If it were, it would have killed ranks
  /// outside of calls by now.
  func isSettled(at now: Int) -> Bool { !mayBeLaunchers || now - start >= EndRequest.launcherPatience }

  func isOver(at now: Int) -> Bool { now - start >= grace }

  /// The predicate of a message about items that were in flight.
  var graceText: String {
    grace == 0 ? "were not waited for" : "did not finish within \(SeppoError.spell(seconds: Double(grace) / 1e9))"
  }

  /// The reason, for messages.
  var text: String {
    switch reason {
    case .asked(let signal): "asked to stop (\(StopSignal.spell(signal)))"
    case .deadline(let time): "out of time (the deadline is \(EarlyStop.spell(time)))"
    }
  }

  private static func spell(_ seconds: Double) -> String {
    var time = time_t(seconds)
    var parts = tm()
    localtime_r(&time, &parts)
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { text in
      guard let start = text.baseAddress, strftime(start, 32, "%Y-%m-%d %H:%M:%S", &parts) > 0 else {
        return "\(seconds)"
      }
      return String(cString: start)
    }
  }
}
