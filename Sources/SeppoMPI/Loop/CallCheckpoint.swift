import SeppoEngine
import SeppoProcess
import SeppoTransport

/// The checkpoint of a call, on rank 0. It does nothing if the call has none.
final class CallCheckpoint<Element: Codable & Sendable, Value: Codable & Sendable> {
  private let call: MapCall<Element, Value>
  private let job: Job
  private let source: ItemSource<Element>
  private let round: Int
  private(set) var journal: MapJournal<Value>?
  /// The errors of items that have killed ranks in earlier jobs, lowest first.
  private(set) var poison: [FailedItem] = []

  /// - Parameter round: the number of calls so far with the same label or source location, including this one.
  init(_ call: MapCall<Element, Value>, _ source: ItemSource<Element>, round: Int) {
    self.call = call
    job = call.job
    self.source = source
    self.round = round
  }

  /// Restores the results and quarantined items of earlier jobs.
  ///
  /// - Parameters:
  ///   - sink: gets the restored results.
  ///   - start: gets the restored and quarantined items.
  ///   - count: the number of values.
  ///   - poll: called repeatedly while results are restored. May wait.
  /// - Returns: the sink, or a wrapper that also stores values, for a later job or for a comparison.
  /// - Throws: `SeppoError.checkpoint` if the checkpoint can't be used.
  func open(
    _ sink: any Sink<Value>, _ start: inout Coordinator.Start, count: Int, poll: () throws -> Void
  ) throws -> any Sink<Value> {
    func keeping(_ sink: some Sink<Value>, _ journal: MapJournal<Value>?) -> any Sink<Value> {
      JournalingSink(sink, journal, count: count, keepsCopies: job.checksWire)
    }
    guard let checkpoint = call.options.checkpoint else {
      return call.comparesValues(count) && !type(of: sink).keepsPlaces && start.isClosed ? keeping(sink, nil) : sink
    }
    guard let elements = source.items.all else {
      preconditionFailure("with a checkpoint, all items are there at the start")
    }
    let work = CheckpointWork(
      elements, source.blocks, result: Value.self, resultsAreMemory: call.valuesAreMemory,
      place: call.place.text, round: round, seed: call.options.seed)
    let journal = try MapJournal<Value>(
      checkpoint, work, hosts: job.hosts, report: job.report, call: job.current.number, place: call.place)
    self.journal = journal
    let sink = keeping(sink, journal)
    start.done = try journal.restore(into: sink, place: call.place, poll: poll)
    // Set only now, because the journal can't be closed while it is being read.
    job.shutdown.finalAction = { [weak self] in self?.journal?.finish { rest(.sleep(nanoseconds: 1_000_000)) } }
    start.quarantine = journal.quarantine
    start.failed = journal.poison.map(\.item)
    poison = journal.poison.map { quarantined in
      let item = source.blocks.firstItem(of: quarantined.item)
      return FailedItem(
        index: quarantined.item,
        error: .itemKilledRanks(.init(index: item, deaths: quarantined.deaths, place: call.place.text)))
    }
    report(journal, count: count)
    return sink
  }

  private func report(_ journal: MapJournal<Value>, count: Int) {
    if job.settings.isRelaunch { return }
    let place = "[mapped at \(call.place.text)]"
    if journal.stored > 0 {
      Console.write(
        "Seppo: \(journal.name) has \(journal.stored) of \(count) items, which aren't computed again \(place)")
    }
    if journal.orphaned > 0 {
      Console.write(
        """
        Seppo: \(journal.name) keeps \(journal.orphaned) result\(journal.orphaned == 1 ? "" : "s") of items that aren't mapped any more, until those of all others \
        are stored \(place)
        """)
    }
  }

  func noteSent(_ chunk: Range<Int>, to worker: Int) throws { try journal?.noteSent(chunk, to: worker) }

  func noteReturned(_ chunk: Range<Int>, by worker: Int) throws { try journal?.noteReturned(chunk, from: worker) }

  func noteRecalled(_ end: Range<Int>, by worker: Int) throws { try journal?.noteRecalled([end], from: worker) }

  /// Notes that an item's own process has died. However often it was tried, this counts once.
  func noteCrash(_ failed: FailedItem) {
    if case .itemCrashed = failed.error { journal?.noteCrash(failed.index) }
  }

  /// Stores results that have arrived, in batches.
  ///
  /// - Parameter all: whether to store everything now.
  func storePending(at now: Int, all: Bool) throws { try journal?.storePending(at: now, all: all) }

  /// Stores the remaining results. In every case it waits for the thread that reads the values.
  func close() throws {
    guard let journal else { return }
    self.journal = nil
    job.shutdown.finalAction = nil
    var backoff = Backoff()
    let missing = journal.finish {
      if (try? job.pause(&backoff)) == nil { rest(.sleep(nanoseconds: 1_000_000)) }
    }
    if missing > 0 {
      Console.write(
        "Seppo: up to \(missing) results could not be stored in \(journal.name) and will be computed again by a later job: \(journal.lastError ?? "")"
      )
    }
  }
}
