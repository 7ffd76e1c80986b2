import SeppoProcess
import SeppoTransport

extension RootMap {
  /// Ends the job before the map's end, where it was asked to stop or its time is over: no item is begun any more, those in
  /// hand may finish, and what came is stored.
  func endEarly(at now: Int) throws {
    let dead = try callRoll(at: now)
    guard let end = earlyEnd else { return try beginToEnd(at: now) }
    if !dead.isEmpty, end.mayBeLaunchers {
      if rollCall?.isCertain(at: now) == true || StopSignal.launcherStirred != 0 { try leave(end, dead: dead) }
      return
    }
    guard matching.isComplete || end.isSettled(at: now) else { return }
    // With nothing to be stored there is time to see whether somebody has died.
    if journal == nil, end.mayBeLaunchers, job.size > 1, rollCall?.isCertain(at: now) != true { return }
    if scheduler.holdsNothing || end.isOver(at: now) { try leave(end, dead: []) }
  }

  /// Finds out, where a launcher seems to end the job, which ranks have died: what they had in hand may be why.
  private func callRoll(at now: Int) throws -> [Int] {
    let stirred = StopSignal.launcherStirred
    if rollCall == nil, stirred != 0 || earlyEnd?.mayBeLaunchers == true { rollCall = try RollCall(job, at: now) }
    guard let roll = rollCall else { return [] }
    if roll.isOver(at: now), stirred != 0, earlyEnd == nil {
      // It was somebody who let the job go on after a stop.
      StopSignal.settleStir(stirred)
      rollCall = nil
      if job.size > 1 { try journal?.note(dead: []) }
      return []
    }
    guard job.size > 1, roll.isLikely(at: now) else { return [] }
    let silent = roll.silent(job)
    try journal?.note(dead: silent)
    return silent
  }

  /// Whether the job was asked to stop, on whichever rank: then it ends, and what throws from then on is not done.
  func isAskedToStop() throws -> Bool {
    guard job.shutdown.request != nil else { return false }
    if earlyEnd == nil { try beginToEnd(at: monotonicNanoseconds()) }
    return true
  }

  private func beginToEnd(at now: Int) throws {
    let reason: EarlyEnd.Reason
    if let signal = job.shutdown.request {
      reason = .asked(signal: signal)
    } else if let deadline = job.settings.deadline, isOver(deadline) {
      reason = .deadline(deadline)
    } else {
      return
    }
    job.endRequest.follow()
    job.log.debug("the job ends early: \(reason)")
    // Without a checkpoint nothing is gained by waiting.
    earlyEnd = EarlyEnd(reason, at: now, grace: journal == nil ? 0 : grace(for: reason))
    scheduler.stop()
    context.bound.lower(to: 0)
    for rank in job.members.present {
      try job.send(0, to: rank, kind: .stop)
    }
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
  private func isOver(_ deadline: Double) -> Bool {
    journal != nil
      && secondsSince1970() + Double(longestItem) / 1e9 + EarlyEnd.reserve > deadline
  }

  private func leave(_ end: EarlyEnd, dead: [Int]) throws {
    StopSignal.leave()
    if case .deadline = end.reason { job.report.end(.deadline) }
    let journal = journal
    try journal?.note(dead: dead)
    try closeJournal()
    let place = "[mapped at \(call.place.text)]"
    // Whoever launches the job again says it.
    if let journal, dead.isEmpty || job.settings.report == nil {
      let left = scheduler.holdsNothing ? "" : "; some items in hand \(end.graceText)"
      let why = dead.isEmpty ? "\(end.text): " : ""
      Console.write(
        """
        Seppo: \(why)\(journal.name) has \(journal.kept) of \(scheduler.count) items\(dead.isEmpty ? left : ""); \
        \(EndRequest.goOn) \(place)
        """)
    } else if journal == nil, dead.isEmpty {
      let fate =
        job.report.stored.map {
          "they are lost, as this map has no checkpoint, but \($0); \(EndRequest.goOn)"
        } ?? EndRequest.advice
      Console.write(
        """
        Seppo: \(end.text) with \(scheduler.completed) of \(scheduler.count) items computed; \(fate) \(place)
        """)
    }
    if !dead.isEmpty {
      // The launcher is at it, and its status says what they died of.
      job.shutdown.dieIfKilled()
    } else if matching.isComplete {
      try matching.finish(.exit(status: StopSignal.status))
      job.shutdown.leave(status: StopSignal.status, itemsGoOn: job.pool.isRunning)
    }
    job.shutdown.tellEnd(by: job.shutdown.request)
    try job.shutdown.abort(status: StopSignal.status)
  }
}
