import SeppoProcess
import SeppoTransport
import SeppoWire
import Synchronization

/// A map's checkpoint, on rank 0: what earlier jobs have stored, and what comes now.
///
/// Results are stored by a thread of its own, several at a time, so that the one that hands out items never waits for a disk: straight from their places among all results: those stay as
/// they are until the call's end, which waits for the thread.
final class MapJournal<Result: Codable & Sendable>: StoredResults {
  /// Results that came together.
  private struct Batch: Sendable {
    let items: [Range<Int>]
    let rank: Int
    let time: Double
    let seconds: Double

    var count: Int { items.reduce(0) { $0 + $1.count } }
  }

  /// After a failure nothing is tried for this time, in nanoseconds.
  private static var pause: Int { 1_000_000_000 }

  /// Where the thread leaves how it went.
  private final class Written: Sendable {
    let isOver = Atomic<Bool>(false)
    let error = Mutex<(any Error)?>(nil)
    /// Of results that can't be stored at all.
    let leftOut = Mutex<[CheckpointError]>([])
  }

  /// Results in their places, read by the thread while others are written elsewhere: that is why it is `Sendable`.
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
  private let earlier: [CheckpointQuarantinedItem]
  /// Where one rank is alone: the suspects, which it is given one by one.
  private let witnessed: Set<Int>
  private var places = Places(results: UnsafeMutableBufferPointer(start: nil, count: 0))
  /// The ranks that were noted as dead.
  private var noted: [Int] = []
  /// Results whose items aren't mapped any more.
  let gone: Int
  /// Stored, and to be stored.
  private(set) var kept: Int
  private(set) var waiting = 0
  /// What items took at the most, in nanoseconds.
  private(set) var longestItem = 0
  private var batches: [Batch] = []
  /// When the first of them came.
  private var since = 0
  private var writing: (written: Written, batches: [Batch])?
  /// Why the last try failed, and when the next one is to be.
  private(set) var trouble: String?
  /// What was said of it.
  private var complaint: String?
  private var nextTry = 0

  /// - Throws: `SeppoError.checkpoint` where it can't be used.
  ///
  /// - Parameters:
  ///   - work: what the call computes.
  ///   - call: the call's number.
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
    kept = journal.stored
    gone = journal.gone
    CrashNote.prepare(
      journal.crashNote.map {
        CrashNote.Note(
          file: $0.file, offset: $0.offset, afterFault: $0.afterFault, afterRequest: $0.afterRequest)
      })
    inFlight = InFlightNotes(journal, ranks: hosts.count)
    earlier = journal.quarantine
    witnessed = hosts.count == 1 ? Set(earlier.map(\.item)) : []
    report.checkpoint(name, kept: kept, of: count, call: call)
  }

  /// Items during which too many ranks died, lowest first, and how many.
  var poison: [CheckpointQuarantinedItem] { earlier.filter(isPoison) }

  /// Other items that were in a rank's hands when an earlier job died, lowest first.
  var quarantine: [Int] { earlier.filter { !isPoison($0) }.map(\.item) }

  private func isPoison(_ quarantined: CheckpointQuarantinedItem) -> Bool {
    quarantined.isCertain && quarantined.deaths >= store.deaths
  }

  /// Results will stand in these places, from now on until `finish`.
  func begin(_ places: UnsafeMutableBufferPointer<Result>) { self.places = Places(results: places) }

  /// Puts the results that are stored in their places.
  ///
  /// - Parameter attend: called now and then, as this may take long.
  /// - Returns: the items that have one, in ascending order.
  func restore(into sink: some Sink<Result>, place: Place, attend: () throws -> Void) throws -> [Range<Int>] {
    var done: [Range<Int>] = []
    var run = 0..<0
    func put() throws {
      let items = run
      run = run.upperBound..<run.upperBound
      if items.isEmpty { return }
      if let bad = sink.came(items, [items], from: nil, coded: nil) { throw unreadable(bad.index, bad.error) }
      if let last = done.last, last.upperBound == items.lowerBound {
        done[done.count - 1] = last.lowerBound..<items.upperBound
      } else {
        done.append(items)
      }
      try attend()
    }
    do {
      try journal.load { item, bytes in
        if item != run.upperBound || run.count == 4096 {
          try put()
          run = item..<item
        }
        let (read, error) = Items.read(sink.places(item..<(item + 1)), from: bytes)
        if let error { throw unreadable(item, error) }
        run = run.lowerBound..<(item + read)
      }
      try put()
      return done
    } catch {
      sink.places(run).deinitialize()
      if let error = error as? CheckpointError { throw SeppoError.checkpoint(.init(error: error, place: place.text)) }
      throw error
    }
  }

  private func unreadable(_ item: Int, _ error: WireError) -> CheckpointError {
    .otherType(
      file: name, label: journal.label, stored: "\(Result.self) as it was coded then",
      now: "\(Result.self), and the result of item \(item) isn't one (\(error.reason))")
  }

  func give(_ items: Range<Int>, to rank: Int) throws {
    try noting { try inFlight.give(items, to: rank) }
    // Nobody is there to note it when it has happened.
    if witnessed.contains(items.lowerBound) { try note(dead: [0]) }
  }

  func take(_ items: Range<Int>, from rank: Int) throws {
    if witnessed.contains(items.lowerBound) { try note(dead: []) }
    try noting { try inFlight.take(items, from: rank) }
  }

  func takeBack(_ ends: [Range<Int>], from rank: Int) throws { try noting { try inFlight.takeBack(ends, from: rank) } }

  /// The job is dying of these ranks' deaths.
  func note(dead ranks: [Int]) throws {
    if ranks == noted { return }
    noted = ranks
    try noting { try journal.note(dead: ranks) }
  }

  /// Notes are for what may go wrong later: where they can't be made now, as on a full disk, the map goes on.
  private func noting(_ body: () throws -> Void) throws {
    do { try body() } catch { complain(error) }
  }

  /// Results stand in their places.
  func came(_ items: [Range<Int>], from origin: Origin) {
    if items.isEmpty { return }
    if batches.isEmpty { since = monotonicNanoseconds() }
    let batch = Batch(
      items: items, rank: origin.rank, time: secondsSince1970(), seconds: Double(origin.nanoseconds) / 1e9)
    batches.append(batch)
    waiting += batch.count
    longestItem = max(longestItem, origin.nanoseconds)
  }

  /// Lets store what it is time for. To be called again and again.
  ///
  /// - Parameter all: what has come is to be stored now.
  func keepUp(at now: Int, all: Bool = false) throws {
    collect(at: now)
    guard writing == nil else { return }
    guard !batches.isEmpty, now >= nextTry || (all && trouble == nil) else { return }
    // Half of what may be at risk: the other half may come while it is written.
    guard all || waiting >= store.mostAtRisk / 2 || now - since >= longestAtRisk / 2 else { return }
    let written = Written()
    let writing = batches
    let (journal, places, hosts) = (journal, places, hosts)
    do throws(NoThread) {
      try ComputeThread.start {
        do {
          let leftOut = try MapJournal.write(writing, from: places, to: journal, hosts)
          written.leftOut.withLock { $0 = leftOut }
        } catch {
          written.error.withLock { $0 = error }
        }
        written.isOver.store(true, ordering: .releasing)
      }
    } catch {
      nextTry = now + MapJournal.pause
      return complain(error)
    }
    self.writing = (written, writing)
    batches = []
    since = now
  }

  /// Takes up how the thread's last work went, if it is over.
  private func collect(at now: Int) {
    guard let (written, batches) = writing, written.isOver.load(ordering: .acquiring) else { return }
    writing = nil
    if let error = written.error.withLock({ $0 }) {
      self.batches = batches + self.batches
      nextTry = now + MapJournal.pause
      complain(error)
      return
    }
    let count = batches.reduce(0) { $0 + $1.count }
    let leftOut = written.leftOut.withLock { $0 }
    for error in leftOut { Console.write("Seppo: \(error).") }
    kept += count - leftOut.count
    waiting -= count
    trouble = nil
    complaint = nil
    report.checkpoint(name, kept: kept, of: self.count, call: call)
  }

  /// - Returns: what is said of results that can't be stored at all.
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
          let writer = _WireWriter()
          try Items.write(value, to: writer)
          try withExtendedLifetime(writer) { try append(UnsafeRawBufferPointer(writer.bytes)) }
        }
      }
    }
    try journal.flush()
    return leftOut
  }

  /// Says it, unless it was said before.
  private func complain(_ error: any Error) {
    let text = "\(error)"
    if complaint != text {
      Console.write("Seppo: results can't be stored now: \(text). The job goes on, and tries again.")
    }
    complaint = text
    trouble = text
  }

  /// Stores what is left, and closes the store. Results whose storing failed are tried once more.
  ///
  /// - Parameter pause: waits a moment.
  /// - Returns: how many could not be stored, or are lost since.
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
    trouble = nil
    nextTry = 0
    while !batches.isEmpty, trouble == nil {
      do { try keepUp(at: monotonicNanoseconds(), all: true) } catch { complain(error) }
      while writing != nil {
        pause()
        collect(at: monotonicNanoseconds())
      }
    }
    // Where not even nothing can be stored the file has gone, with all that was.
    do {
      try journal.flush()
      return waiting
    } catch {
      trouble = "\(error)"
      defer { kept = 0 }
      return kept + waiting
    }
  }
}
