import SeppoTransport

/// A map that is ended before its time, on rank 0: the job was asked to stop, its time is over, or ranks have died and the
/// launcher is ending the others.
struct EarlyEnd {
  enum Reason {
    case asked(signal: Int32)
    case deadline(Double)
  }

  enum Step {
    /// Items are in hand, and have time.
    case wait
    /// These ranks have not answered yet: the launcher may end the job before it is certain that they can't.
    case doubt(silent: [Int])
    /// Nothing is in hand any more, or the time is over.
    case leave
    /// These ranks don't answer: they have died, and the launcher ends the others.
    case perish(dead: [Int])
  }

  let reason: Reason
  private let began: Int
  /// How long items in hand may go on, in nanoseconds.
  private let grace: Int

  /// In seconds: so long before the deadline everything is to be stored.
  static let reserve = 3.0
  /// Within a second of SIGTERM the launcher kills what is left: until then it must be known who doesn't answer.
  private static let answer = 400_000_000
  private static let doubt = 150_000_000

  init(_ reason: Reason, at now: Int, grace: Int) {
    self.reason = reason
    began = now
    self.grace = grace
  }

  /// - Parameters:
  ///   - silent: the ranks that have not been heard since `began`.
  ///   - isIdle: nothing is in any rank's hands.
  ///   - isComplete: all ranks are in the call; others can't answer, dead or not.
  func next(at now: Int, isIdle: Bool, isComplete: Bool, silent: (Int) -> [Int]) -> Step {
    // SIGTERM is also what launchers end ranks with whose peers have died.
    if case .asked(signal: SIGTERM) = reason {
      let dead = silent(began)
      if !dead.isEmpty {
        return now - began > EarlyEnd.answer
          ? .perish(dead: dead) : now - began > EarlyEnd.doubt ? .doubt(silent: dead) : .wait
      }
      if !isComplete, now - began < EndRequest.launcherPatience { return .wait }
    }
    return isIdle || now - began >= grace ? .leave : .wait
  }

  var graceText: String { SeppoError.spell(seconds: Double(grace) / 1e9) }

  /// What it says of why.
  var text: String {
    switch reason {
    case .asked(let signal): "asked to stop (\(EndRequest.spell(signal)))"
    case .deadline(let time): "its time is over (\(EarlyEnd.spell(time)) is the deadline)"
    }
  }

  private static func spell(_ seconds: Double) -> String {
    var time = time_t(seconds)
    var parts = tm()
    localtime_r(&time, &parts)
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { text in
      guard let start = text.baseAddress, strftime(start, 32, "%Y-%m-%d %H:%M:%S", &parts) > 0 else { return "\(seconds)" }
      return String(cString: start)
    }
  }
}
