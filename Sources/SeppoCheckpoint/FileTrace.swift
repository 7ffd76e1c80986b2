import GRDB
import GRDBSQLite

/// What the database's file looks like, so that it is noticed when another program has cut it off or written over it.
///
/// SQLite has what it needs of a file in memory, as nobody else may write to it, and doesn't notice when a program that
/// asks for no lock does: it would write the next pages into what is left.
struct FileTrace {
  private let jobsPlace: sqlite3_int64
  private var size: sqlite3_int64 = 0
  /// SQLite's own, with its counter of changes and the number of pages.
  private var header = [UInt8](repeating: 0, count: 100)
  /// The first page of `jobs`. It bears what this job is called, and stays as it is while the file is open.
  private var jobs: [UInt8]

  init(_ db: Database) throws {
    let page = try Int64.fetchOne(db, sql: "SELECT rootpage FROM sqlite_master WHERE name = 'jobs'") ?? 1
    let pageSize = try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 0
    jobsPlace = (page - 1) * pageSize
    jobs = [UInt8](repeating: 0, count: Int(pageSize))
    look(db)
  }

  private mutating func look(_ db: Database) {
    // Through the descriptor that SQLite has: where another one is closed, this process's locks go with it.
    var file: UnsafeMutablePointer<sqlite3_file>?
    sqlite3_file_control(db.sqliteConnection, "main", SQLITE_FCNTL_FILE_POINTER, &file)
    guard let file, let methods = file.pointee.pMethods else { return }
    _ = methods.pointee.xFileSize(file, &size)
    // Where the file is shorter the rest is zeros.
    _ = header.withUnsafeMutableBytes { methods.pointee.xRead(file, $0.baseAddress, Int32($0.count), 0) }
    _ = jobs.withUnsafeMutableBytes { methods.pointee.xRead(file, $0.baseAddress, Int32($0.count), jobsPlace) }
  }

  /// - Returns: what it looks like now; nil where somebody else has changed it.
  /// - Parameter wasWritten: whether this process has written to it since.
  func now(_ db: Database, wasWritten: Bool) -> FileTrace? {
    var now = self
    now.look(db)
    guard now.jobs == jobs, wasWritten || (now.size == size && now.header == header) else { return nil }
    return now
  }
}
