import Foundation
import GRDB
@_spi(CheckpointStore) import SeppoMPI
import SeppoWire

/// All that is done when a file is opened, in one transaction: an error leaves it as it was.
struct FileOpening {
  let db: Database
  let location: FileLocation
  let store: SQLiteStore
  let work: CheckpointWork

  private var failure: Failure { Failure(location: location) }

  struct Opened {
    let call: StoredCall
    let quarantine: Quarantine
    let notes: InFlightFile
    let writer: RowWriter
  }

  func open() throws -> Opened {
    // Another's file isn't even given another journal.
    _ = try isNew()
    // Deleting the journal, or cutting it, and making it anew takes longer each time than writing over its header.
    _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = PERSIST")
    do {
      return try openOurs()
    } catch {
      let translated = failure.translate(error, db.sqliteConnection)
      // Only who has the lock: a file without contents may be one that another job is about to fill.
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

  private func openOurs() throws -> Opened {
    try db.beginTransaction(.exclusive)
    try failure.checkIsThere(db)
    if try isNew() {
      try Schema.create(db)
    } else {
      try check()
    }
    let table = QuarantineTable(db: db, failure: failure)
    if let earlier = InFlightFile.read(location.inFlight) { try table.takeUp(earlier) }
    let isOfEach = try store.resume == .perItem || number("SELECT count(*) FROM calls WHERE resume = 'perItem'") > 0
    let digests = WorkDigests(work, ofEach: isOfEach)
    let search = CallSearch(
      db: db, work: work, given: store.label, resume: store.resume, digests: digests, failure: failure)
    let call = try search.find()
    try table.tidy(call)
    let quarantine = try table.read(call)
    let writer = try RowWriter(db, call.rows, digests: call.perItem ? digests.items : nil)
    // Also shows whether there is room for a transaction at all.
    try db.execute(sql: "INSERT INTO jobs (call, name) VALUES (?, ?)", arguments: [call.id, JobName.text()])
    let notes = try InFlightFile(location, call: call.id)
    do {
      try db.commit()
      // Only now: until the earlier job's notes are taken up they are all there is.
      try notes.begin()
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
    guard format > 0 else { throw failure.damaged("there never was a format \(format)") }
    guard format == Schema.format else {
      throw CheckpointError.olderFormat(file: location.given, format: Int(format), known: Int(Schema.format))
    }
    return false
  }

  private func check() throws {
    if let table = try Schema.difference(db) { throw failure.damaged("its table \(table) isn't as it was made") }
    // 0.15 s for a million small results. Without it, a damaged list of free pages would have results written over others.
    let findings = try String.fetchAll(db, sql: "PRAGMA quick_check(1)")
    guard findings == ["ok"] else { throw failure.damaged(findings.first ?? "SQLite's check says nothing") }
  }

  private func number(_ sql: String) throws -> Int64 { try Int64.fetchOne(db, sql: sql) ?? 0 }
}
