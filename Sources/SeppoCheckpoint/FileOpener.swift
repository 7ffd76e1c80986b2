import Foundation
import GRDB
@_spi(CheckpointStore) import SeppoMPI
import SeppoWire

/// Opens a checkpoint file in one transaction: after an error the file is unchanged.
struct FileOpener {
  let db: Database
  let location: FileLocation
  let store: SQLiteStore
  let work: CheckpointWork

  private var errors: ErrorTranslator { ErrorTranslator(location: location) }

  struct Opened {
    let call: StoredCall
    let quarantine: Quarantine
    let notes: InFlightFile
    let writer: RowWriter
  }

  func open() throws -> Opened {
    // Before anything else: the journal mode of another program's file must not change.
    _ = try isNew()
    // Overwriting the journal's header is faster than deleting or truncating the journal for each transaction.
    _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = PERSIST")
    do {
      return try openCheckpoint()
    } catch {
      let translated = errors.translate(error, db.sqliteConnection)
      // Only with the lock: an empty file may be one that another job is about to fill.
      let isOurs = db.isInsideTransaction
      try? db.rollback()
      _ = try? String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE")
      if isOurs, location.isNew { removeEmpty() }
      throw translated
    }
  }

  private func removeEmpty() {
    var status = stat()
    if stat(location.path, &status) == 0, status.st_size == 0 { unlink(location.path) }
  }

  private func openCheckpoint() throws -> Opened {
    try db.beginTransaction(.exclusive)
    try errors.checkIsThere(db)
    if try isNew() {
      try Schema.create(db)
    } else {
      try check()
    }
    let table = QuarantineTable(db: db, errors: errors)
    if let earlier = InFlightFile.read(location.inFlight) { try table.merge(earlier) }
    let isOfEachItem = try store.resume == .perItem || number("SELECT count(*) FROM calls WHERE resume = 'perItem'") > 0
    let digests = WorkDigests(work, ofEachItem: isOfEachItem)
    let lookup = CallLookup(
      db: db, work: work, givenLabel: store.label, resume: store.resume, digests: digests, errors: errors)
    let call = try lookup.find()
    try table.prune(call)
    let quarantine = try table.read(call)
    let writer = try RowWriter(db, call.rows, digests: call.perItem ? digests.items : nil)
    // Also checks that the disk has space for a transaction.
    try db.execute(sql: "INSERT INTO jobs (call, name) VALUES (?, ?)", arguments: [call.id, JobName.text()])
    let notes = try InFlightFile(location, call: call.id)
    do {
      try db.commit()
      // Not before the commit: until then, the earlier job's notes exist only in its file.
      try notes.publish()
    } catch {
      notes.abandon()
      throw error
    }
    return Opened(call: call, quarantine: quarantine, notes: notes, writer: writer)
  }

  private func isNew() throws -> Bool {
    let application = try number("PRAGMA application_id")
    let format = try number("PRAGMA user_version")
    guard application == Schema.application else {
      if application == 0, format == 0, try number("SELECT count(*) FROM sqlite_master") == 0 { return true }
      throw CheckpointError.notACheckpoint(file: location.given, reason: "it is another program's SQLite database")
    }
    guard format <= Schema.format else {
      throw CheckpointError.newerFormat(file: location.given, format: Int(format), known: Int(Schema.format))
    }
    guard format > 0 else { throw errors.damaged("format \(format) doesn't exist") }
    guard format == Schema.format else {
      throw CheckpointError.olderFormat(file: location.given, format: Int(format), known: Int(Schema.format))
    }
    return false
  }

  private func check() throws {
    if let table = try Schema.difference(db) { throw errors.damaged("its table \(table) has a different schema") }
    // Takes 0.15 s for a million small results. Without it, a damaged free list could make SQLite overwrite results.
    let findings = try String.fetchAll(db, sql: "PRAGMA quick_check(1)")
    guard findings == ["ok"] else { throw errors.damaged(findings.first ?? "SQLite's quick_check returned nothing") }
  }

  private func number(_ sql: String) throws -> Int64 { try Int64.fetchOne(db, sql: sql) ?? 0 }
}
