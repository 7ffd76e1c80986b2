import SeppoProcess

/// A map that is ended before its time, on rank 0.
struct EarlyEnd {
  enum Reason {
    case asked(signal: Int32)
    case deadline(Double)
  }

  let reason: Reason
  private let began: Int
  /// How long items in hand may go on, in nanoseconds.
  private let grace: Int

  /// In seconds: so long before the deadline everything is to be stored.
  static let reserve = 3.0
  /// So long before it nothing is waited for any more.
  static let storing = 1.5

  init(_ reason: Reason, at now: Int, grace: Int) {
    self.reason = reason
    began = now
    self.grace = grace
  }

  /// Launchers end ranks with SIGTERM where their peers have died, too.
  var mayBeLaunchers: Bool { if case .asked(signal: SIGTERM) = reason { true } else { false } }

  /// Whether it is known by now, one way or the other, whether a launcher is ending the job: then ranks that are in no call
  /// have been killed as well.
  func isSettled(at now: Int) -> Bool { !mayBeLaunchers || now - began >= EndRequest.launcherPatience }

  func isOver(at now: Int) -> Bool { now - began >= grace }

  /// What items that were in hand did not do.
  var graceText: String {
    grace == 0 ? "weren't waited for" : "didn't finish within \(SeppoError.spell(seconds: Double(grace) / 1e9))"
  }

  /// What it says of why.
  var text: String {
    switch reason {
    case .asked(let signal): "asked to stop (\(StopSignal.spell(signal)))"
    case .deadline(let time): "its time is over (\(EarlyEnd.spell(time)) is the deadline)"
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
