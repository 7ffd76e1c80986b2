import SeppoProcess
import SeppoScheduling
import SeppoTransport

/// Where a map keeps its results.
extension RootMap {
  /// Before anything is computed.
  func openJournal() throws {
    guard let checkpoint = call.options.checkpoint else { return }
    do {
      journal = try MapJournal(
        checkpoint, items, resultsAreMemory: call.resultsAreMemory, job: job, place: call.place,
        round: round)
    } catch let error as SeppoError {
      try matching.gather()
      try refuse(error)
    }
  }

  /// Takes over what earlier jobs have stored, and what they have found.
  func resume() throws {
    guard let journal else { return }
    let done: [Range<Int>]
    do {
      done = try journal.restore(&gathered, place: call.place) { try job.attend() }
    } catch let error as SeppoError {
      try matching.gather()
      return try refuse(error)
    }
    // Not before: while it is read, it can't be closed.
    job.shutdown.lastAct = { [weak self] in self?.journal?.finish { rest(.sleep(nanoseconds: 1_000_000)) } }
    scheduler = call.scheduler(items.count, done: done, alone: journal.suspects, learnt: site.learnt)
    if journal.kept > 0, !job.settings.isRelaunch {
      Console.write(
        "Seppo: \(journal.name) has \(journal.kept) of \(items.count) items, which aren't computed again [mapped at \(call.place.text)]"
      )
    }
    if journal.gone > 0, !job.settings.isRelaunch {
      Console.write(
        """
        Seppo: \(journal.name) keeps \(journal.gone) result\(journal.gone == 1 ? "" : "s") of items that aren't mapped any more, until those of all others \
        are stored [mapped at \(call.place.text)]
        """)
    }
    for item in journal.poison {
      let error = SeppoError.itemKilledRanks(index: item.item, deaths: item.deaths, place: call.place.text)
      scheduler.failedBefore(index: item.item)
      if call.keepsFailures || failure == nil { try fail(item.item, error) }
    }
  }

  func closeJournal() throws {
    guard let journal else { return }
    self.journal = nil
    job.shutdown.lastAct = nil
    var backoff = Backoff()
    // The thread reads the results: whatever else happens, it is waited for.
    let missing = journal.finish {
      if (try? job.pause(&backoff)) == nil { rest(.sleep(nanoseconds: 1_000_000)) }
    }
    if missing > 0 {
      Console.write(
        "Seppo: up to \(missing) results could not be stored in \(journal.name), and are computed again by a later job: \(journal.trouble ?? "")"
      )
    }
  }
}
