import GRDB
import GRDBSQLite

/// A sample of the database file, which shows whether another program has truncated or overwritten it.
///
/// SQLite holds an exclusive lock and caches pages. It doesn't notice a program that ignores the lock, and would write
/// the next pages into what is left of the file.
struct FileFingerprint {
  private let jobsOffset: sqlite3_int64
  private var size: sqlite3_int64 = 0
  /// SQLite's header, with its change counter and the number of pages.
  private var header = [UInt8](repeating: 0, count: 100)
  /// The first page of the table `jobs`. It holds this job's name, and doesn't change while the file is open.
  private var jobs: [UInt8]

  init(_ db: Database) throws {
    let page = try Int64.fetchOne(db, sql: "SELECT rootpage FROM sqlite_master WHERE name = 'jobs'") ?? 1
    let pageSize = try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 0
    jobsOffset = (page - 1) * pageSize
    jobs = [UInt8](repeating: 0, count: Int(pageSize))
    sample(db)
  }

  private mutating func sample(_ db: Database) {
    // Read through SQLite's descriptor: closing another one would release this process's locks.
    var file: UnsafeMutablePointer<sqlite3_file>?
    sqlite3_file_control(db.sqliteConnection, "main", SQLITE_FCNTL_FILE_POINTER, &file)
    guard let file, let methods = file.pointee.pMethods else { return }
    _ = methods.pointee.xFileSize(file, &size)
    // If the file is shorter, `xRead` fills the rest with zeros.
    _ = header.withUnsafeMutableBytes { methods.pointee.xRead(file, $0.baseAddress, Int32($0.count), 0) }
    _ = jobs.withUnsafeMutableBytes { methods.pointee.xRead(file, $0.baseAddress, Int32($0.count), jobsOffset) }
  }

  /// Returns the current sample, or nil if another program has changed the file.
  ///
  /// - Parameter wasWritten: Whether this process has written to the file since this sample.
  func now(_ db: Database, wasWritten: Bool) -> FileFingerprint? {
    var now = self
    now.sample(db)
    guard now.jobs == jobs, wasWritten || (now.size == size && now.header == header) else { return nil }
    return now
  }
}
