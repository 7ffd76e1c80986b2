import Foundation
import GRDB
import GRDBSQLite
@_spi(CheckpointStore) import SeppoMPI

/// What SQLite's errors mean for a checkpoint.
struct Failure {
  let location: FileLocation

  var file: String { location.given }

  /// Some file systems have no locks, as Lustre's without the mount option `flock`. SQLite's codes for that are macros which
  /// Swift doesn't see: an input or output error, and which one 256 times.
  private static let ofLocking = [9, 8, 14, 15].map { SQLITE_IOERR | $0 << 8 }

  /// - Parameter connection: that on which it happened, where there is one still: it knows what the system said.
  func translate(_ error: any Error, _ connection: OpaquePointer?) -> any Error {
    if error is CheckpointError { return error }
    guard let error = error as? DatabaseError else {
      return CheckpointError.failed(file: file, reason: "\(error)")
    }
    let said = connection.map { sqlite3_system_errno($0) } ?? 0
    return translate(
      code: error.extendedResultCode.rawValue, message: error.message ?? "\(error.resultCode)", system: said)
  }

  func translate(code: Int32, message: String, system: Int32) -> CheckpointError {
    let systemSays = system == 0 ? "" : " (\(String(cString: strerror(system))))"
    if Failure.ofLocking.contains(code) {
      return .failed(
        file: file, reason: "its file system can't lock files\(systemSays); see docs/Checkpoint-file.md, or use another"
      )
    }
    switch code & 0xFF {
    case SQLITE_BUSY, SQLITE_LOCKED:
      return .inUse(file: file, by: InFlightFile.owner(of: location.inFlight) ?? "another process, perhaps a shell")
    case SQLITE_FULL:
      return .diskFull(file: file)
    case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH:
      return .readOnly(file: file, reason: message)
    case SQLITE_NOTADB:
      return .notACheckpoint(file: file, reason: "it is no SQLite database, or its beginning is damaged")
    case SQLITE_TOOBIG:
      return .failed(file: file, reason: "a result is longer than the 1,000,000,000 bytes that SQLite can hold")
    case SQLITE_CORRUPT, SQLITE_FORMAT, SQLITE_MISMATCH, SQLITE_CONSTRAINT:
      return .damaged(file: file, reason: message)
    case SQLITE_CANTOPEN, SQLITE_IOERR:
      if [ENOSPC, EDQUOT, EACCES, EPERM, EROFS].contains(system) { return FileLocation.failure(system, file) }
      return .failed(file: file, reason: message + systemSays)
    case SQLITE_ERROR:
      // No statement of ours is wrong, where the tables are ours.
      return .damaged(file: file, reason: message)
    default:
      return .failed(file: file, reason: message + systemSays)
    }
  }

  /// SQLite goes on with a file that has been removed, or has been replaced by another, and what it writes is lost.
  func checkIsThere(_ db: Database) throws {
    var moved: Int32 = 0
    sqlite3_file_control(db.sqliteConnection, "main", SQLITE_FCNTL_HAS_MOVED, &moved)
    guard moved == 0 else {
      throw CheckpointError.failed(file: file, reason: "it was moved or removed while it was in use")
    }
  }

  func damaged(_ reason: String) -> CheckpointError { .damaged(file: file, reason: reason) }
}
