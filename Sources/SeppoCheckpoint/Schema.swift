import GRDB
import SeppoWire

/// The tables of a checkpoint, described in docs/Checkpoint-file.md.
enum Schema {
  /// "Sepp", in the file's header.
  static let application: Int64 = 0x5365_7070
  /// The format's number, also in the header. Files with another number are left unchanged. Format 1 used SHA-256
  /// instead of `Digest`, format 2 identified ranges by their bounds and didn't recognize reordered items, and format 3
  /// described only those parts of a result type that all its values share.
  static let format: Int64 = 4

  /// The statements in order of execution. Those of a file must be identical.
  static let statements: KeyValuePairs = [
    "calls": """
    CREATE TABLE calls (
      call INTEGER PRIMARY KEY,
      label TEXT UNIQUE,
      place TEXT NOT NULL,
      items INTEGER NOT NULL,
      digest BLOB NOT NULL,
      bag BLOB NOT NULL,
      element TEXT NOT NULL,
      result TEXT NOT NULL,
      form TEXT NOT NULL,
      shape TEXT NOT NULL,
      resume TEXT NOT NULL,
      program TEXT NOT NULL,
      run BLOB
    )
    """,
    "hosts": "CREATE TABLE hosts (host INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    "jobs": "CREATE TABLE jobs (job INTEGER PRIMARY KEY, call INTEGER NOT NULL, name TEXT NOT NULL)",
    "suspects": """
    CREATE TABLE suspects (
      call INTEGER NOT NULL,
      lower INTEGER NOT NULL,
      upper INTEGER NOT NULL,
      deaths INTEGER NOT NULL,
      certain INTEGER NOT NULL,
      PRIMARY KEY (call, lower)
    )
    """,
    "stored": """
    CREATE TABLE stored (
      id INTEGER PRIMARY KEY,
      time REAL NOT NULL,
      rank INTEGER NOT NULL,
      host INTEGER NOT NULL,
      seconds REAL NOT NULL,
      bytes BLOB NOT NULL,
      json TEXT,
      checksum INTEGER NOT NULL,
      digest INTEGER
    )
    """,
    "results": """
    CREATE VIEW results AS
      SELECT coalesce(calls.label, calls.place) AS label, stored.id & 0xFFFFFFFFFF AS item,
        datetime(stored.time, 'unixepoch') AS time, stored.rank AS rank, hosts.name AS host,
        stored.seconds AS seconds, stored.bytes AS bytes, stored.json AS json
      FROM calls
      JOIN stored ON stored.id BETWEEN calls.call << 40 AND (calls.call << 40) + calls.items - 1
      LEFT JOIN hosts ON hosts.host = stored.host
    """,
  ]

  static func create(_ db: Database) throws {
    for (_, statement) in statements { try db.execute(sql: statement) }
    try db.execute(sql: "PRAGMA application_id = \(application)")
    try db.execute(sql: "PRAGMA user_version = \(format)")
  }

  /// Returns a table whose schema differs, or nil if there is none. Additional tables are allowed.
  static func difference(_ db: Database) throws -> String? {
    for (name, statement) in statements {
      let found = try DatabaseValue.fetchOne(db, sql: "SELECT sql FROM sqlite_master WHERE name = ?", arguments: [name])
      if found != statement.databaseValue { return name }
    }
    return nil
  }
}

/// The row ids of a call in `stored`. Each combines call and item in one number: a key of two columns is half as fast.
struct RowRange {
  static let itemBits = 40
  static let maxItems = 1 << itemBits

  /// The id of the call's first row.
  let first: Int64

  init(call: Int64) { first = call << Int64(RowRange.itemBits) }

  /// The id after the call's last possible row.
  var end: Int64 { first + Int64(RowRange.maxItems) }

  func row(_ item: Int) -> Int64 { first + Int64(item) }
  func item(_ row: Int64) -> Int { Int(row - first) }
}
