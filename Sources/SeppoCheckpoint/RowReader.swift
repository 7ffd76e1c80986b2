import GRDB
import GRDBSQLite
@_spi(CheckpointStore) import SeppoMPI
import SeppoWire

/// InFlightSlots over a call's results, each of which is what its checksum says.
struct RowReader {
  let db: Database
  let call: StoredCall
  let failure: Failure

  func count() throws -> Int {
    try Int.fetchOne(
      db, sql: "SELECT count(*) FROM stored WHERE id >= ? AND id < ?",
      arguments: [call.rows.first, call.rows.row(call.items)]) ?? 0
  }

  /// Results whose items have gone, which stand behind the last item.
  func countOfGone() throws -> Int {
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
        throw failure.damaged("the result of item \(item) is no result")
      }
      let start = sqlite3_column_blob(statement, 1)
      let count = Int(sqlite3_column_bytes(statement, 1))
      // Out of memory, where it says that there are bytes and gives none.
      guard start != nil || count == 0 else { throw DatabaseError(resultCode: .SQLITE_NOMEM) }
      let bytes = UnsafeRawBufferPointer(start: start, count: count)
      guard sqlite3_column_int64(statement, 2) == Digest.checksum(row: row, bytes) else {
        throw failure.damaged("the result of item \(item) isn't what was stored")
      }
      try body(item, bytes)
    }
  }
}
