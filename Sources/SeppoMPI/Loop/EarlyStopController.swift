import SeppoProcess
import SeppoTransport

/// A call that can be stopped early.
protocol StoppableCall {
  /// Whether every rank is in the call.
  var isComplete: Bool { get }
  /// Whether no item is in flight.
  var holdsNothing: Bool { get }
  /// The number of items that are computed, and of all items; nil if that isn't known yet.
  var progress: (completed: Int, count: Int?) { get }
  /// The results that its checkpoint stores; nil without a checkpoint.
  var storedResults: (any StoredResults)? { get }
  /// Stores the remaining results.
  func close() throws
}

extension StoppableCall {
  fileprivate func share(_ items: Int) -> String {
    progress.count.map { "\(items) of \($0) items" } ?? "\(items) items"
  }
}

/// Stops the job before the end of a call, on rank 0: because of a request, a deadline, or a launcher that ends the
/// ranks. No more items are started, items in flight may finish, and the results are stored.
struct EarlyStopController {
  private let job: Job
  private let place: Place
  private var stop: EarlyStop?
  private var livenessCheck: LivenessCheck?

  init(_ job: Job, _ place: Place) {
    self.job = job
    self.place = place
  }

  /// Whether the job may end soon, so that results must be stored now.
  var isImminent: Bool { stop != nil || livenessCheck != nil }

  /// Whether any rank was asked to stop. Then items that throw count as not done.
  var isRequested: Bool { job.shutdown.request != nil }

  /// Checks for reasons to stop, and ends the job when it is time. To be called repeatedly.
  ///
  /// - Returns: true once, when no more items must be started.
  mutating func check(at now: Int, _ call: some StoppableCall) throws -> Bool {
    let dead = try checkLiveness(at: now, call.storedResults)
    guard let stop else { return try begin(at: now, call) }
    if !dead.isEmpty, stop.mayBeLaunchers {
      if livenessCheck?.isCertain(at: now) == true || StopSignal.launcherWarning != 0 {
        try leave(stop, call, dead: dead)
      }
      return false
    }
    guard call.isComplete || stop.isSettled(at: now) else { return false }
    // If there is nothing to store, wait until it is known whether a rank has died.
    if call.storedResults == nil, stop.mayBeLaunchers, job.size > 1, livenessCheck?.isCertain(at: now) != true {
      return false
    }
    if call.holdsNothing || stop.isOver(at: now) { try leave(stop, call, dead: []) }
    return false
  }

  /// Determines which ranks have died if a launcher seems to be ending the job: their items in flight may be the cause.
  private mutating func checkLiveness(at now: Int, _ stored: (any StoredResults)?) throws -> [Int] {
    let warning = StopSignal.launcherWarning
    if livenessCheck == nil, warning != 0 || stop?.mayBeLaunchers == true {
      livenessCheck = try LivenessCheck(job, at: now)
    }
    guard let check = livenessCheck else { return [] }
    if check.isOver(at: now), warning != 0, stop == nil {
      // The SIGCONT came from a user who resumed a suspended job.
      StopSignal.clearLauncherWarning(warning)
      livenessCheck = nil
      if job.size > 1 { try stored?.note(dead: []) }
      return []
    }
    guard job.size > 1, check.isLikely(at: now) else { return [] }
    let unresponsive = check.unresponsive(job)
    try stored?.note(dead: unresponsive)
    return unresponsive
  }

  /// Begins to stop the job, if there is a reason.
  ///
  /// - Returns: whether it has started to stop now.
  mutating func begin(at now: Int, _ call: some StoppableCall) throws -> Bool {
    guard stop == nil else { return false }
    let reason: EarlyStop.Reason
    if let signal = job.shutdown.request {
      reason = .asked(signal: signal)
    } else if let deadline = job.settings.deadline, isOver(deadline, call.storedResults) {
      reason = .deadline(deadline)
    } else {
      return false
    }
    job.endRequest.handle()
    job.log.debug("the job stops early: \(reason)")
    // Without a checkpoint, waiting for items would be useless.
    stop = EarlyStop(reason, at: now, grace: call.storedResults == nil ? 0 : grace(for: reason))
    return true
  }

  /// Returns how long items in flight may keep running, in nanoseconds. If the deadline is the reason, they have until
  /// then.
  private func grace(for reason: EarlyStop.Reason) -> Int {
    let left = job.settings.deadline.map {
      Int(min(max(0, $0 - EarlyStop.storing - secondsSince1970()), 1e9) * 1e9)
    }
    if case .deadline = reason { return left ?? 0 }
    return min(job.settings.grace, left ?? .max)
  }

  /// Returns whether an item started now would probably not be stored before the deadline, given the longest item so
  /// far.
  private func isOver(_ deadline: Double, _ stored: (any StoredResults)?) -> Bool {
    guard let stored else { return false }
    return secondsSince1970() + Double(stored.longestItem) / 1e9 + EarlyStop.reserve > deadline
  }

  private func leave(_ stop: EarlyStop, _ call: some StoppableCall, dead: [Int]) throws {
    StopSignal.leave()
    if case .deadline = stop.reason { job.report.end(.deadline) }
    let journal = call.storedResults
    try journal?.note(dead: dead)
    try call.close()
    let place = "[mapped at \(place.text)]"
    // After deaths, a script that relaunches the job reports this itself.
    if let journal, dead.isEmpty || job.settings.report == nil {
      let left = call.holdsNothing ? "" : "; some items in flight \(stop.graceText)"
      let why = dead.isEmpty ? "\(stop.text): " : ""
      Console.write(
        """
        Seppo: \(why)\(journal.name) has \(call.share(journal.stored))\(dead.isEmpty ? left : ""); \
        \(EndRequest.resumeAdvice) \(place)
        """)
    } else if journal == nil, dead.isEmpty {
      let consequence =
        job.report.stored.map {
          "they are lost because this map has no checkpoint, but \($0); \(EndRequest.resumeAdvice)"
        } ?? EndRequest.checkpointAdvice
      Console.write(
        """
        Seppo: \(stop.text) with \(call.share(call.progress.completed)) computed; \(consequence) \
        \(place)
        """)
    }
    if !dead.isEmpty {
      // The launcher is ending the job, and its status tells why.
      job.shutdown.dieIfKilled()
    } else if call.isComplete {
      try job.finish(.exit(status: StopSignal.status))
      job.shutdown.leave(status: StopSignal.status, itemsAreRunning: job.isComputing)
    }
    job.shutdown.announceEnd(by: job.shutdown.request)
    try job.shutdown.abort(status: StopSignal.status)
  }
}
