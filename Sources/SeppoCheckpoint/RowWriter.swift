import GRDB
import GRDBSQLite
@_spi(CheckpointStore) import SeppoMPI

/// Inserts rows into `stored`. Starts a transaction if none is open, and leaves it open.
final class RowWriter {
  private let db: Database
  private let rows: RowRange
  /// The items' digests, if they are stored with the results.
  private let digests: [Int64]?
  private let insert: Statement
  /// The row ids in `hosts`, indexed by the numbers of `PendingRows`. Discarded when the transaction is rolled back.
  private var hosts: [Int64] = []

  init(_ db: Database, _ rows: RowRange, digests: [Int64]?) throws {
    self.db = db
    self.rows = rows
    self.digests = digests
    insert = try db.makeStatement(sql: "INSERT OR REPLACE INTO stored VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
  }

  /// Returns the maximum size of a result and its JSON together, in bytes. SQLite's limit includes the row's numbers
  /// and header.
  static func longestRow(_ db: Database) -> Int {
    Int(sqlite3_limit(db.sqliteConnection, SQLITE_LIMIT_LENGTH, -1)) - 128
  }

  func write(_ pending: PendingRows) throws {
    if !db.isInsideTransaction { try db.beginTransaction(.immediate) }
    for name in pending.hosts[hosts.count...] { hosts.append(try host(name)) }
    try pending.bytes.withUnsafeBytes { bytes in
      var start = 0
      for row in pending.rows {
        try write(row, bytes, from: start)
        start = row.end
      }
    }
  }

  func commit() throws {
    if db.isInsideTransaction { try db.commit() }
  }

  func rollback() {
    // After some errors SQLite has rolled back already, and this throws.
    try? db.rollback()
    hosts = []
  }

  private func host(_ name: String) throws -> Int64 {
    try db.execute(sql: "INSERT OR IGNORE INTO hosts (name) VALUES (?)", arguments: [name])
    guard let host = try Int64.fetchOne(db, sql: "SELECT host FROM hosts WHERE name = ?", arguments: [name]) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a row of hosts is missing")
    }
    return host
  }

  /// Calls SQLite directly: GRDB's arguments, arrays of enums, would take as long as the insertion itself.
  private func write(_ row: PendingRows.Row, _ bytes: UnsafeRawBufferPointer, from start: Int) throws {
    let statement = insert.sqliteStatement
    // SQLite doesn't copy the bound bytes: they outlive the step.
    sqlite3_bind_int64(statement, 1, rows.row(row.item))
    sqlite3_bind_double(statement, 2, row.time)
    sqlite3_bind_int64(statement, 3, Int64(row.rank))
    sqlite3_bind_int64(statement, 4, hosts[row.host])
    sqlite3_bind_double(statement, 5, row.seconds)
    let length = UInt64(row.bytesEnd - start)
    // A nil pointer would be bound as NULL.
    var bound =
      length == 0
      ? sqlite3_bind_zeroblob(statement, 6, 0)
      : sqlite3_bind_blob64(statement, 6, bytes.baseAddress! + start, length, nil)
    if let end = row.jsonEnd, bound == SQLITE_OK {
      let text = (bytes.baseAddress! + row.bytesEnd).assumingMemoryBound(to: CChar.self)
      bound = sqlite3_bind_text64(statement, 7, text, UInt64(end - row.bytesEnd), nil, UInt8(SQLITE_UTF8))
    } else if bound == SQLITE_OK {
      sqlite3_bind_null(statement, 7)
    }
    sqlite3_bind_int64(statement, 8, row.checksum)
    if let digests { sqlite3_bind_int64(statement, 9, digests[row.item]) }
    defer { sqlite3_reset(statement) }
    let stepped = bound == SQLITE_OK ? sqlite3_step(statement) : bound
    guard stepped == SQLITE_DONE else {
      throw DatabaseError(resultCode: ResultCode(rawValue: stepped), message: db.lastErrorMessage)
    }
  }
}
