import SeppoProcess
import SeppoTransport
import SeppoWire
import Synchronization

/// The checkpoint of a call, on rank 0: restores what earlier jobs have stored, and stores new results.
///
/// A separate thread stores results in batches, so that rank 0's loop never waits for the disk. It reads results from
/// their final places, which don't change until the end of the call. The end of the call waits for the thread.
final class MapJournal<Result: Codable & Sendable>: StoredResults {
  /// Results that arrived together.
  private struct Batch: Sendable {
    let items: [Range<Int>]
    let rank: Int
    let time: Double
    let seconds: Double

    var count: Int { items.reduce(0) { $0 + $1.count } }
  }

  /// The delay before another attempt after a failure, in nanoseconds.
  private static var retryDelay: Int { 1_000_000_000 }

  /// The encoded size after which restored results are delivered, in bytes.
  private static var longestRun: Int { 1 << 20 }

  /// The outcome of one run of the storing thread.
  private final class WriteOutcome: Sendable {
    let isOver = Atomic<Bool>(false)
    let error = Mutex<(any Error)?>(nil)
    /// The errors of results that can't be stored at all.
    let leftOut = Mutex<[CheckpointError]>([])
  }

  /// `Sendable` because the storing thread reads only results that have arrived, while others are written elsewhere.
  private struct Places: @unchecked Sendable {
    let results: UnsafeMutableBufferPointer<Result>
  }

  let name: String
  private let store: any CheckpointStore
  private let journal: any CheckpointJournal
  private let longestAtRisk: Int
  private let hosts: [String]
  private let count: Int
  private let report: Report
  private let call: Int
  private var inFlight: InFlightNotes
  private let quarantined: [CheckpointQuarantinedItem]
  /// In a job of one rank, the quarantined items: rank 0 is recorded as dead while it computes one, because no other
  /// rank could record its death.
  private let notedInAdvance: Set<Int>
  private var places = Places(results: UnsafeMutableBufferPointer(start: nil, count: 0))
  /// The ranks that are recorded as dead.
  private var notedDead: [Int] = []
  /// The number of stored results of items that are no longer mapped.
  let orphaned: Int
  private(set) var stored: Int
  /// The number of results that wait to be stored.
  private(set) var waiting = 0
  private(set) var longestItem = 0
  private var batches: [Batch] = []
  /// The arrival time of the first batch.
  private var oldest = 0
  private var writing: (outcome: WriteOutcome, batches: [Batch])?
  /// Why the last attempt failed; nil if it succeeded.
  private(set) var lastError: String?
  /// The last warning that was printed.
  private var lastWarning: String?
  private var nextAttempt = 0
  /// Called with items whose results are stored, so that their places may be freed.
  var onStored: ((Range<Int>) -> Void)?

  /// - Parameters:
  ///   - work: The work of the call.
  ///   - call: The number of the call.
  /// - Throws: `SeppoError.checkpoint` if the checkpoint can't be used.
  init(_ checkpoint: Checkpoint, _ work: CheckpointWork, hosts: [String], report: Report, call: Int, place: Place)
    throws
  {
    store = checkpoint.store
    longestAtRisk = store.longestAtRisk.inNanoseconds ?? .max
    self.hosts = hosts
    count = work.count
    self.report = report
    self.call = call
    name = store.name
    do {
      journal = try store.open(for: work)
    } catch let error as CheckpointError {
      throw SeppoError.checkpoint(.init(error: error, place: place.text))
    } catch {
      throw SeppoError.checkpoint(
        .init(error: .failed(file: checkpoint.store.name, reason: "\(error)"), place: place.text))
    }
    stored = journal.stored
    orphaned = journal.orphaned
    CrashNote.prepare(
      journal.crashNote.map {
        CrashNote.Note(
          file: $0.file, offset: $0.offset, afterFault: $0.afterFault, afterRequest: $0.afterRequest)
      })
    inFlight = InFlightNotes(journal, ranks: hosts.count)
    quarantined = journal.quarantine
    notedInAdvance = hosts.count == 1 ? Set(quarantined.map(\.item)) : []
    report.checkpoint(name, kept: stored, of: count, call: call)
  }

  /// The items that are not tried again because too many processes died computing them, in ascending order.
  var poison: [CheckpointQuarantinedItem] { quarantined.filter(isPoison) }

  /// The other items that were in flight when an earlier job died, in ascending order.
  var quarantine: [Int] { quarantined.filter { !isPoison($0) }.map(\.item) }

  private func isPoison(_ item: CheckpointQuarantinedItem) -> Bool {
    item.isCertain && item.deaths >= store.deaths
  }

  /// Sets the places of all results, which are valid until `finish`.
  func begin(_ places: UnsafeMutableBufferPointer<Result>) { self.places = Places(results: places) }

  /// Delivers the stored results to a sink.
  ///
  /// - Parameter poll: Called repeatedly, because this may take long.
  /// - Returns: The items that have a result, in ascending order.
  func restore(into sink: some Sink<Result>, place: Place, poll: () throws -> Void) throws -> [Range<Int>] {
    var done: [Range<Int>] = []
    var run = 0..<0
    var size = 0
    func deliver() throws {
      let items = run
      run = run.upperBound..<run.upperBound
      if items.isEmpty { return }
      if let bad = sink.receive(items, [items], from: nil, coded: nil) { throw unreadable(bad.index, bad.error) }
      if let last = done.last, last.upperBound == items.lowerBound {
        done[done.count - 1] = last.lowerBound..<items.upperBound
      } else {
        done.append(items)
      }
      try poll()
    }
    do {
      try journal.load { item, bytes in
        if item != run.upperBound || run.count == 4096 || size >= MapJournal.longestRun {
          try deliver()
          run = item..<item
          size = 0
        }
        size += bytes.count
        let (read, error) = Items.read(sink.places(item..<(item + 1)), from: bytes)
        if let error { throw unreadable(item, error) }
        run = run.lowerBound..<(item + read)
      }
      try deliver()
      return done
    } catch {
      sink.places(run).deinitialize()
      if let error = error as? CheckpointError { throw SeppoError.checkpoint(.init(error: error, place: place.text)) }
      throw error
    }
  }

  private func unreadable(_ item: Int, _ error: WireError) -> CheckpointError {
    .otherType(
      file: name, label: journal.label, stored: "\(Result.self) as it was encoded then",
      now: "\(Result.self), as which the result of item \(item) can't be decoded (\(error.reason))")
  }

  func noteSent(_ items: Range<Int>, to rank: Int) throws {
    try tryNoting { try inFlight.sent(items, to: rank) }
    if notedInAdvance.contains(items.lowerBound) { try note(dead: [0]) }
  }

  func noteReturned(_ items: Range<Int>, from rank: Int) throws {
    if notedInAdvance.contains(items.lowerBound) { try note(dead: []) }
    try tryNoting { try inFlight.returned(items, from: rank) }
  }

  func noteRecalled(_ ends: [Range<Int>], from rank: Int) throws {
    try tryNoting { try inFlight.recalled(ends, from: rank) }
  }

  func note(dead ranks: [Int]) throws {
    if ranks == notedDead { return }
    notedDead = ranks
    try tryNoting { try journal.note(dead: ranks) }
  }

  /// Notes that an item's own process has died.
  func noteCrash(_ item: Int) { journal.note(crashed: item, deaths: 1) }

  /// Runs a body that writes notes. If it fails, as on a full disk, the map continues: only a later failure needs them.
  private func tryNoting(_ body: () throws -> Void) throws {
    do { try body() } catch { warn(error) }
  }

  /// Takes results that are in their places, to be stored later.
  func came(_ items: [Range<Int>], from origin: Origin) {
    if items.isEmpty { return }
    if batches.isEmpty { oldest = monotonicNanoseconds() }
    let batch = Batch(
      items: items, rank: origin.rank, time: secondsSince1970(), seconds: Double(origin.nanoseconds) / 1e9)
    batches.append(batch)
    waiting += batch.count
    longestItem = max(longestItem, origin.nanoseconds)
  }

  /// Starts storing the waiting results if they are due. Called repeatedly.
  ///
  /// - Parameter all: Whether all waiting results are due now.
  func storePending(at now: Int, all: Bool = false) throws {
    collect(at: now)
    guard writing == nil else { return }
    guard !batches.isEmpty, now >= nextAttempt || (all && lastError == nil) else { return }
    // Half of what may be at risk, because the other half may arrive during the write.
    guard all || waiting >= store.mostAtRisk / 2 || now - oldest >= longestAtRisk / 2 else { return }
    let outcome = WriteOutcome()
    let writing = batches
    let (journal, places, hosts) = (journal, places, hosts)
    do throws(ThreadCreationError) {
      try ComputeThread.start {
        do {
          let leftOut = try MapJournal.write(writing, from: places, to: journal, hosts)
          outcome.leftOut.withLock { $0 = leftOut }
        } catch {
          outcome.error.withLock { $0 = error }
        }
        outcome.isOver.store(true, ordering: .releasing)
      }
    } catch {
      nextAttempt = now + MapJournal.retryDelay
      return warn(error)
    }
    self.writing = (outcome, writing)
    batches = []
    oldest = now
  }

  /// Processes the outcome of the storing thread, if it has finished.
  private func collect(at now: Int) {
    guard let (outcome, batches) = writing, outcome.isOver.load(ordering: .acquiring) else { return }
    writing = nil
    if let error = outcome.error.withLock({ $0 }) {
      self.batches = batches + self.batches
      nextAttempt = now + MapJournal.retryDelay
      warn(error)
      return
    }
    let count = batches.reduce(0) { $0 + $1.count }
    if let onStored { for items in batches.flatMap(\.items) { onStored(items) } }
    let leftOut = outcome.leftOut.withLock { $0 }
    for error in leftOut { Console.write("Seppo: \(error).") }
    stored += count - leftOut.count
    waiting -= count
    lastError = nil
    lastWarning = nil
    report.checkpoint(name, kept: stored, of: self.count, call: call)
  }

  /// - Returns: The errors of results that can't be stored at all.
  private static func write(
    _ batches: [Batch], from places: Places, to journal: any CheckpointJournal, _ hosts: [String]
  ) throws -> [CheckpointError] {
    var leftOut: [CheckpointError] = []
    let isMemory = Items.areMemory(Result.self)
    for batch in batches {
      for item in batch.items.joined() {
        let value = UnsafeBufferPointer(rebasing: places.results[item..<(item + 1)])
        func append(_ bytes: UnsafeRawBufferPointer) throws {
          do {
            try journal.append(
              CheckpointResult(
                item: item, bytes: bytes, value: value[0], time: batch.time, rank: batch.rank, host: hosts[batch.rank],
                seconds: batch.seconds))
          } catch let error as CheckpointError {
            guard case .tooLong = error else { throw error }
            leftOut.append(error)
          }
        }
        if isMemory {
          try append(UnsafeRawBufferPointer(value))
        } else {
          let writer = WireWriter()
          try Items.write(value, to: writer)
          try withExtendedLifetime(writer) { try append(UnsafeRawBufferPointer(writer.bytes)) }
        }
      }
    }
    try journal.flush()
    return leftOut
  }

  /// Prints a warning, unless it is the same as the last one.
  private func warn(_ error: any Error) {
    let text = "\(error)"
    if lastWarning != text {
      Console.write("Seppo: results can't be stored at the moment: \(text). The job continues and tries again.")
    }
    lastWarning = text
    lastError = text
  }

  /// Stores the remaining results and closes the store. Results that could not be stored before are tried once more.
  ///
  /// - Parameter pause: Waits briefly.
  /// - Returns: The number of results that could not be stored or were lost.
  @discardableResult
  func finish(pause: () -> Void) -> Int {
    defer {
      CrashNote.forget()
      journal.close()
    }
    while writing != nil {
      collect(at: monotonicNanoseconds())
      if writing != nil { pause() }
    }
    lastError = nil
    nextAttempt = 0
    while !batches.isEmpty, lastError == nil {
      do { try storePending(at: monotonicNanoseconds(), all: true) } catch { warn(error) }
      while writing != nil {
        pause()
        collect(at: monotonicNanoseconds())
      }
    }
    // If even an empty flush fails, the file is lost with everything that was stored in it.
    do {
      try journal.flush()
      return waiting
    } catch {
      lastError = "\(error)"
      defer { stored = 0 }
      return stored + waiting
    }
  }
}
