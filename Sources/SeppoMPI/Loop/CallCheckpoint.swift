import SeppoEngine
import SeppoProcess
import SeppoTransport

/// What a call keeps of its values, on rank 0: nothing, where it has no checkpoint.
final class CallCheckpoint<Element: Codable & Sendable, Value: Codable & Sendable> {
  private let call: MapCall<Element, Value>
  private let job: Job
  private let source: ItemSource<Element>
  private let round: Int
  private(set) var journal: MapJournal<Value>?
  /// The errors of items that an earlier job has found to end ranks, lowest first.
  private(set) var poison: [FailedItem] = []

  /// - Parameter round: counts the calls that are known by the same label or place, from 1.
  init(_ call: MapCall<Element, Value>, _ source: ItemSource<Element>, round: Int) {
    self.call = call
    job = call.job
    self.source = source
    self.round = round
  }

  /// Takes over what earlier jobs have stored, and what they have found.
  ///
  /// - Returns: the sink, or around it one that keeps what comes, for a later job or to be compared.
  /// - Throws: `SeppoError.checkpoint` where it can't be used.
  func open(_ sink: any Sink<Value>, _ start: inout Coordinator.Start) throws -> any Sink<Value> {
    func keeping(_ sink: some Sink<Value>, _ journal: MapJournal<Value>?) -> any Sink<Value> {
      JournalingSink(sink, journal, count: start.count)
    }
    guard let checkpoint = call.options.checkpoint else {
      return job.checksWire && !type(of: sink).keepsPlaces ? keeping(sink, nil) : sink
    }
    let work = CheckpointWork(
      source.elements, source.blocks, result: Value.self, resultsAreMemory: call.valuesAreMemory,
      place: call.place.text, round: round)
    let journal = try MapJournal<Value>(
      checkpoint, work, hosts: job.hosts, report: job.report, call: job.current.number, place: call.place)
    self.journal = journal
    let sink = keeping(sink, journal)
    start.done = try journal.restore(into: sink, place: call.place) { try job.attend() }
    // Not before: while it is read, it can't be closed.
    job.shutdown.lastAct = { [weak self] in self?.journal?.finish { rest(.sleep(nanoseconds: 1_000_000)) } }
    start.quarantine = journal.quarantine
    start.failed = journal.poison.map(\.item)
    poison = journal.poison.map { quarantined in
      let item = source.blocks.firstItem(of: quarantined.item)
      return FailedItem(
        index: quarantined.item,
        error: .itemKilledRanks(.init(index: item, deaths: quarantined.deaths, place: call.place.text)))
    }
    tell(journal, count: start.count)
    return sink
  }

  private func tell(_ journal: MapJournal<Value>, count: Int) {
    if job.settings.isRelaunch { return }
    let place = "[mapped at \(call.place.text)]"
    if journal.kept > 0 {
      Console.write(
        "Seppo: \(journal.name) has \(journal.kept) of \(count) items, which aren't computed again \(place)")
    }
    if journal.gone > 0 {
      Console.write(
        """
        Seppo: \(journal.name) keeps \(journal.gone) result\(journal.gone == 1 ? "" : "s") of items that aren't mapped any more, until those of all others \
        are stored \(place)
        """)
    }
  }

  func given(_ chunk: Range<Int>, to worker: Int) throws { try journal?.give(chunk, to: worker) }

  func released(_ chunk: Range<Int>, by worker: Int) throws { try journal?.take(chunk, from: worker) }

  func shortened(_ end: Range<Int>, by worker: Int) throws { try journal?.takeBack([end], from: worker) }

  /// - Parameter all: what has come is to be stored now.
  func keepUp(at now: Int, all: Bool) throws { try journal?.keepUp(at: now, all: all) }

  /// Stores what is left. Whatever else happens, the thread that reads the values is waited for.
  func close() throws {
    guard let journal else { return }
    self.journal = nil
    job.shutdown.lastAct = nil
    var backoff = Backoff()
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
