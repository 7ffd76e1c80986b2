import Foundation
import GRDB
@_spi(CheckpointStore) import SeppoMPI
import Synchronization

/// A checkpoint's file that is open for one call.
///
/// The connection and all that goes with it are used on GRDB's queue only, `pending` and `encoder` by the thread that
/// appends, and by `close()` when nothing is appended any more: that is why this may be handed to several threads.
final class SQLiteJournal: CheckpointJournal, @unchecked Sendable {
  private let location: FileLocation
  private let queue: DatabaseQueue
  private let notes: InFlightFile
  private let failure: Failure
  private let call: StoredCall
  let quarantine: [CheckpointQuarantinedItem]
  private let ranksAreDead = Atomic<Bool>(false)

  /// On the queue.
  private var writer: RowWriter?
  /// Nil where the file isn't what it was left as, and never will be again.
  private var trace: FileTrace?

  private var pending = PendingRows()
  private let encoder: JSONEncoder?
  /// So many bytes the result and the JSON of a row have at most.
  private let longestRow: Int

  init(
    location: FileLocation, queue: DatabaseQueue, notes: InFlightFile, call: StoredCall, quarantine: Quarantine,
    writer: RowWriter, trace: FileTrace, longestRow: Int,
    json: Bool
  ) {
    self.location = location
    self.queue = queue
    self.notes = notes
    self.call = call
    self.writer = writer
    self.trace = trace
    self.longestRow = longestRow
    self.quarantine = quarantine.items
    failure = Failure(location: location)
    encoder = json ? SQLiteJournal.makeEncoder() : nil
  }

  deinit { close() }

  private static func makeEncoder() -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return encoder
  }

  var stored: Int { (try? database { try RowReader(db: $0, call: call, failure: failure).count() }) ?? 0 }

  var gone: Int { (try? database { try RowReader(db: $0, call: call, failure: failure).countOfGone() }) ?? 0 }

  /// They may have gone by mistake: so not before everything else is there.
  private func removeGone() throws {
    guard gone > 0, stored == call.items else { return }
    try changing { db in
      try db.execute(
        sql: "DELETE FROM stored WHERE id >= ? AND id < ?", arguments: [call.rows.row(call.items), call.rows.end])
    }
  }

  func load(_ body: (_ item: Int, _ bytes: UnsafeRawBufferPointer) throws -> Void) throws {
    // What the body throws is not ours to translate.
    var thrown: (any Error)?
    try database { db in
      do {
        try RowReader(db: db, call: call, failure: failure).read { item, bytes in
          do {
            try body(item, bytes)
          } catch {
            thrown = error
            throw error
          }
        }
      } catch  where thrown == nil {
        throw error
      } catch {}
    }
    if let thrown { throw thrown }
  }

  func append(_ result: CheckpointResult) throws {
    precondition(result.item >= 0 && result.item < call.items, "a result of an item that isn't there")
    guard result.bytes.count <= longestRow else {
      throw CheckpointError.tooLong(
        file: location.given, item: result.item, bytes: result.bytes.count, most: longestRow)
    }
    var json = json(result.value)
    // That it is missing concerns those who query the file, not the map.
    if let text = json, text.count > longestRow - result.bytes.count { json = nil }
    pending.append(result, row: call.rows.row(result.item), json: json)
    if pending.isMuch { try write(andCommit: false) }
  }

  /// Nil where JSON can't hold it: that concerns those who query the file, not the map.
  private func json(_ value: any Encodable) -> [UInt8]? {
    guard let encoder, let text = try? encoder.encode(value) else { return nil }
    return Array(text)
  }

  func flush() throws { try write(andCommit: true) }

  private func write(andCommit: Bool) throws {
    defer { pending.removeAll() }
    try changing { db in
      guard let writer else { throw CheckpointError.failed(file: location.given, reason: "it has been closed") }
      do {
        try writer.write(pending)
        if andCommit {
          try failure.checkIsThere(db)
          try writer.commit()
        }
      } catch {
        // Before the rollback, which makes SQLite forget what the system said.
        let translated = failure.translate(error, db.sqliteConnection)
        writer.rollback()
        throw translated
      }
    }
  }

  func note(slot: Int, rank: Int, items: Range<Int>) throws { try notes.note(slot: slot, rank: rank, items: items) }
  func clear(slot: Int) throws { try notes.clear(slot: slot) }

  func note(dead ranks: [Int]) throws {
    try notes.note(dead: ranks)
    ranksAreDead.store(!ranks.isEmpty, ordering: .relaxed)
  }

  var label: String { call.label ?? call.place }

  var crashNote: CheckpointCrashNote? { notes.crashNote }

  func close() {
    guard queue.inDatabase({ _ in writer != nil }) else { return }
    // What was appended since the last flush is as good as the rest.
    try? flush()
    try? removeGone()
    queue.inDatabase { db in
      writer?.rollback()
      writer = nil
      // What the ranks had in hand counts for the next job, where this one has lost some.
      if !ranksAreDead.load(ordering: .relaxed) { notes.remove() }
      // Leaves no second file behind.
      _ = try? String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE")
    }
    try? queue.close()
    OpenFiles.shared.release(location)
  }

  /// Changes the file, which nobody else may.
  private func changing(_ body: (Database) throws -> Void) throws {
    try database { db in
      try failure.checkIsThere(db)
      try look(db, wasWritten: false)
      do {
        try body(db)
      } catch {
        trace = trace?.now(db, wasWritten: true)
        throw error
      }
      // Waiting for the disk takes long enough for others to come between.
      try look(db, wasWritten: true)
    }
  }

  private func look(_ db: Database, wasWritten: Bool) throws {
    trace = trace?.now(db, wasWritten: wasWritten)
    guard trace != nil else {
      throw CheckpointError.failed(
        file: location.given, reason: "it was cut off or overwritten by another program while it was in use")
    }
  }

  private func database<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try queue.inDatabase { db in
      do {
        return try body(db)
      } catch {
        throw failure.translate(error, db.sqliteConnection)
      }
    }
  }
}
