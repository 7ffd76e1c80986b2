import GRDB
import GRDBSQLite
@_spi(CheckpointStore) import SeppoMPI
import SeppoWire

/// Reads a call's results and verifies their checksums.
struct RowReader {
  let db: Database
  let call: StoredCall
  let errors: ErrorTranslator

  func count() throws -> Int {
    try Int.fetchOne(
      db, sql: "SELECT count(*) FROM stored WHERE id >= ? AND id < ?",
      arguments: [call.rows.first, call.rows.row(call.items)]) ?? 0
  }

  /// Returns the number of results of removed items, which are stored after the last item.
  func orphanCount() throws -> Int {
    try Int.fetchOne(
      db, sql: "SELECT count(*) FROM stored WHERE id >= ? AND id < ?",
      arguments: [call.rows.row(call.items), call.rows.end]) ?? 0
  }

  func read(_ body: (_ item: Int, _ bytes: UnsafeRawBufferPointer) throws -> Void) throws {
    let select = try db.makeStatement(
      sql: "SELECT id, bytes, checksum FROM stored WHERE id >= ? AND id < ? ORDER BY id")
    select.arguments = [call.rows.first, call.rows.row(call.items)]
    let statement = select.sqliteStatement
    defer { sqlite3_reset(statement) }
    while true {
      let stepped = sqlite3_step(statement)
      if stepped == SQLITE_DONE { return }
      guard stepped == SQLITE_ROW else {
        throw DatabaseError(resultCode: ResultCode(rawValue: stepped), message: db.lastErrorMessage)
      }
      let row = sqlite3_column_int64(statement, 0)
      let item = call.rows.item(row)
      guard sqlite3_column_type(statement, 1) == SQLITE_BLOB, sqlite3_column_type(statement, 2) == SQLITE_INTEGER else {
        throw errors.damaged("the result of item \(item) has the wrong type")
      }
      let start = sqlite3_column_blob(statement, 1)
      let count = Int(sqlite3_column_bytes(statement, 1))
      // A nil pointer to a blob that isn't empty means that SQLite is out of memory.
      guard start != nil || count == 0 else { throw DatabaseError(resultCode: .SQLITE_NOMEM) }
      let bytes = UnsafeRawBufferPointer(start: start, count: count)
      guard sqlite3_column_int64(statement, 2) == Digest.checksum(row: row, bytes) else {
        throw errors.damaged("the result of item \(item) doesn't match its checksum")
      }
      try body(item, bytes)
    }
  }
}
