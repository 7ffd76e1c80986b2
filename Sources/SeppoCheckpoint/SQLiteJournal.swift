import Foundation
import GRDB
@_spi(CheckpointStore) import SeppoMPI
import Synchronization

/// A checkpoint file that is open for one call.
///
/// `Sendable` because the connection, `writer` and `fingerprint` are used on GRDB's queue only, and `pending` and
/// `encoder` only by the thread that appends, and by `close()` after the last append.
final class SQLiteJournal: CheckpointJournal, @unchecked Sendable {
  private let location: FileLocation
  private let queue: DatabaseQueue
  private let notes: InFlightFile
  private let errors: ErrorTranslator
  private let call: StoredCall
  let quarantine: [CheckpointQuarantinedItem]
  private let hasLostRanks = Atomic<Bool>(false)
  /// Items whose own processes have died, with the number of deaths, that are not stored yet.
  private let crashes = Mutex<[Int: Int]>([:])

  private var writer: RowWriter?
  /// Nil once another program has changed the file.
  private var fingerprint: FileFingerprint?

  private var pending = PendingRows()
  private let encoder: JSONEncoder?
  /// The maximum size of a row's result and JSON together, in bytes.
  private let longestRow: Int

  init(
    location: FileLocation, queue: DatabaseQueue, notes: InFlightFile, call: StoredCall, quarantine: Quarantine,
    writer: RowWriter, fingerprint: FileFingerprint, longestRow: Int,
    json: Bool
  ) {
    self.location = location
    self.queue = queue
    self.notes = notes
    self.call = call
    self.writer = writer
    self.fingerprint = fingerprint
    self.longestRow = longestRow
    self.quarantine = quarantine.items
    errors = ErrorTranslator(location: location)
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

  var stored: Int { (try? withDatabase { try RowReader(db: $0, call: call, errors: errors).count() }) ?? 0 }

  var orphaned: Int { (try? withDatabase { try RowReader(db: $0, call: call, errors: errors).orphanCount() }) ?? 0 }

  /// Removes results of removed items once all others are stored: the items may have been removed by mistake.
  private func removeOrphans() throws {
    guard orphaned > 0, stored == call.items else { return }
    try modify { db in
      try db.execute(
        sql: "DELETE FROM stored WHERE id >= ? AND id < ?", arguments: [call.rows.row(call.items), call.rows.end])
    }
  }

  func load(_ body: (_ item: Int, _ bytes: UnsafeRawBufferPointer) throws -> Void) throws {
    // The body's errors are thrown as they are, not translated.
    var thrown: (any Error)?
    try withDatabase { db in
      do {
        try RowReader(db: db, call: call, errors: errors).read { item, bytes in
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
    precondition(result.item >= 0 && result.item < call.items, "a result of an item that doesn't exist")
    guard result.bytes.count <= longestRow else {
      throw CheckpointError.tooLong(
        file: location.given, item: result.item, bytes: result.bytes.count, most: longestRow)
    }
    var json = json(result.value)
    // Missing JSON is no error for the map.
    if let text = json, text.count > longestRow - result.bytes.count { json = nil }
    pending.append(result, row: call.rows.row(result.item), json: json)
    if pending.isFull { try write(andCommit: false) }
  }

  /// Returns nil if the value can't be encoded as JSON, which is no error for the map.
  private func json(_ value: any Encodable) -> [UInt8]? {
    guard let encoder, let text = try? encoder.encode(value) else { return nil }
    return Array(text)
  }

  func flush() throws { try write(andCommit: true) }

  private func write(andCommit: Bool) throws {
    defer { pending.removeAll() }
    try modify { db in
      guard let writer else { throw CheckpointError.failed(file: location.given, reason: "it has been closed") }
      do {
        try writer.write(pending)
        if andCommit {
          let crashes = crashes.withLock { $0 }
          if !crashes.isEmpty { try QuarantineTable(db: db, errors: errors).add(crashes: crashes, call) }
          try errors.checkIsThere(db)
          try writer.commit()
          // More may have come meanwhile.
          self.crashes.withLock { all in
            for (item, deaths) in crashes { all[item] = all[item] == deaths ? nil : all[item, default: 0] - deaths }
          }
        }
      } catch {
        // Before the rollback, which resets SQLite's record of the system error.
        let translated = errors.translate(error, db.sqliteConnection)
        writer.rollback()
        throw translated
      }
    }
  }

  func note(slot: Int, rank: Int, items: Range<Int>) throws { try notes.note(slot: slot, rank: rank, items: items) }
  func clear(slot: Int) throws { try notes.clear(slot: slot) }

  func note(dead ranks: [Int]) throws {
    try notes.note(dead: ranks)
    hasLostRanks.store(!ranks.isEmpty, ordering: .relaxed)
  }

  func note(crashed item: Int, deaths: Int) { crashes.withLock { $0[item, default: 0] += deaths } }

  var label: String { call.label ?? call.place }

  var crashNote: CheckpointCrashNote? { notes.crashNote }

  func close() {
    guard queue.inDatabase({ _ in writer != nil }) else { return }
    try? flush()
    try? removeOrphans()
    queue.inDatabase { db in
      writer?.rollback()
      writer = nil
      // If ranks have died, the next job needs the notes.
      if !hasLostRanks.load(ordering: .relaxed) { notes.remove() }
      // Deletes the journal file.
      _ = try? String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE")
    }
    try? queue.close()
    OpenFiles.shared.release(location)
  }

  /// Runs a body that writes, and throws if another program has changed the file.
  private func modify(_ body: (Database) throws -> Void) throws {
    try withDatabase { db in
      try errors.checkIsThere(db)
      try checkUnchanged(db, wasWritten: false)
      do {
        try body(db)
      } catch {
        fingerprint = fingerprint?.now(db, wasWritten: true)
        throw error
      }
      // Again: another program may have changed the file while this one waited for the disk.
      try checkUnchanged(db, wasWritten: true)
    }
  }

  private func checkUnchanged(_ db: Database, wasWritten: Bool) throws {
    fingerprint = fingerprint?.now(db, wasWritten: wasWritten)
    guard fingerprint != nil else {
      throw CheckpointError.failed(
        file: location.given, reason: "it was truncated or overwritten by another program while it was in use")
    }
  }

  private func withDatabase<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try queue.inDatabase { db in
      do {
        return try body(db)
      } catch {
        throw errors.translate(error, db.sqliteConnection)
      }
    }
  }
}
