import SeppoProcess
import SeppoTransport

/// What an early end has to know of the call that it ends.
protocol EndingCall {
  /// Whether every rank is in the call.
  var isComplete: Bool { get }
  /// Whether nothing is computed any more.
  var holdsNothing: Bool { get }
  var progress: (completed: Int, count: Int) { get }
  /// What is kept of it, where it has a checkpoint.
  var kept: (any StoredResults)? { get }
  /// Stores what is to be kept.
  func close() throws
}

/// The end of a job before its call's, on rank 0: it was asked to stop, its time is over, or a launcher ends its ranks. No
/// item is begun any more, those in hand may finish, and what came is stored.
struct EarlyEnding {
  private let job: Job
  private let place: Place
  private var end: EarlyEnd?
  private var livenessCheck: LivenessCheck?

  init(_ job: Job, _ place: Place) {
    self.job = job
    self.place = place
  }

  /// Whether the end may be near, so that what has come is to be stored now.
  var isUnderWay: Bool { end != nil || livenessCheck != nil }

  /// Whether the job was asked to stop, on whichever rank: then what throws from then on is not done.
  var isAsked: Bool { job.shutdown.request != nil }

  /// To be called again and again.
  ///
  /// - Returns: whether nothing is to be begun any more from now on.
  mutating func look(at now: Int, _ call: some EndingCall) throws -> Bool {
    let dead = try checkLiveness(at: now, call.kept)
    guard let end else { return try begin(at: now, call) }
    if !dead.isEmpty, end.mayBeLaunchers {
      if livenessCheck?.isCertain(at: now) == true || StopSignal.launcherStirred != 0 {
        try leave(end, call, dead: dead)
      }
      return false
    }
    guard call.isComplete || end.isSettled(at: now) else { return false }
    // With nothing to be stored there is time to see whether a rank has died.
    if call.kept == nil, end.mayBeLaunchers, job.size > 1, livenessCheck?.isCertain(at: now) != true { return false }
    if call.holdsNothing || end.isOver(at: now) { try leave(end, call, dead: []) }
    return false
  }

  /// Finds out, where a launcher seems to end the job, which ranks have died: what they had in hand may be why.
  private mutating func checkLiveness(at now: Int, _ kept: (any StoredResults)?) throws -> [Int] {
    let stirred = StopSignal.launcherStirred
    if livenessCheck == nil, stirred != 0 || end?.mayBeLaunchers == true {
      livenessCheck = try LivenessCheck(job, at: now)
    }
    guard let roll = livenessCheck else { return [] }
    if roll.isOver(at: now), stirred != 0, end == nil {
      // It was somebody who let the job go on after a stop.
      StopSignal.settleStir(stirred)
      livenessCheck = nil
      if job.size > 1 { try kept?.note(dead: []) }
      return []
    }
    guard job.size > 1, roll.isLikely(at: now) else { return [] }
    let silent = roll.silent(job)
    try kept?.note(dead: silent)
    return silent
  }

  /// - Returns: whether the job ends from now on, and didn't before.
  mutating func begin(at now: Int, _ call: some EndingCall) throws -> Bool {
    guard end == nil else { return false }
    let reason: EarlyEnd.Reason
    if let signal = job.shutdown.request {
      reason = .asked(signal: signal)
    } else if let deadline = job.settings.deadline, isOver(deadline, call.kept) {
      reason = .deadline(deadline)
    } else {
      return false
    }
    job.endRequest.follow()
    job.log.debug("the job ends early: \(reason)")
    // Without a checkpoint nothing is gained by waiting.
    end = EarlyEnd(reason, at: now, grace: call.kept == nil ? 0 : grace(for: reason))
    return true
  }

  /// How long items in hand may go on, in nanoseconds. Those that were begun in time have until the deadline.
  private func grace(for reason: EarlyEnd.Reason) -> Int {
    let left = job.settings.deadline.map {
      Int(min(max(0, $0 - EarlyEnd.storing - secondsSince1970()), 1e9) * 1e9)
    }
    if case .deadline = reason { return left ?? 0 }
    return min(job.settings.grace, left ?? .max)
  }

  /// Whether an item that were begun now could not be stored before the deadline, by what items have taken so far.
  private func isOver(_ deadline: Double, _ kept: (any StoredResults)?) -> Bool {
    guard let kept else { return false }
    return secondsSince1970() + Double(kept.longestItem) / 1e9 + EarlyEnd.reserve > deadline
  }

  private func leave(_ end: EarlyEnd, _ call: some EndingCall, dead: [Int]) throws {
    StopSignal.leave()
    if case .deadline = end.reason { job.report.end(.deadline) }
    let journal = call.kept
    try journal?.note(dead: dead)
    try call.close()
    let place = "[mapped at \(place.text)]"
    // Whoever launches the job again says it.
    if let journal, dead.isEmpty || job.settings.report == nil {
      let left = call.holdsNothing ? "" : "; some items in hand \(end.graceText)"
      let why = dead.isEmpty ? "\(end.text): " : ""
      Console.write(
        """
        Seppo: \(why)\(journal.name) has \(journal.kept) of \(call.progress.count) items\(dead.isEmpty ? left : ""); \
        \(EndRequest.goOn) \(place)
        """)
    } else if journal == nil, dead.isEmpty {
      let fate =
        job.report.stored.map {
          "they are lost, as this map has no checkpoint, but \($0); \(EndRequest.goOn)"
        } ?? EndRequest.advice
      Console.write(
        """
        Seppo: \(end.text) with \(call.progress.completed) of \(call.progress.count) items computed; \(fate) \(place)
        """)
    }
    if !dead.isEmpty {
      // The launcher is at it, and its status says what they died of.
      job.shutdown.dieIfKilled()
    } else if call.isComplete {
      try job.finish(.exit(status: StopSignal.status))
      job.shutdown.leave(status: StopSignal.status, itemsGoOn: job.pool.isRunning)
    }
    job.shutdown.tellEnd(by: job.shutdown.request)
    try job.shutdown.abort(status: StopSignal.status)
  }
}
