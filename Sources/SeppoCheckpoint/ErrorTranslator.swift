import Foundation
import GRDB
import GRDBSQLite
@_spi(CheckpointStore) import SeppoMPI

/// Translates errors of SQLite and the system into `CheckpointError`s.
struct ErrorTranslator {
  let location: FileLocation

  var file: String { location.given }

  /// SQLite's codes for failed locks: some file systems have none, such as Lustre without the mount option `flock`.
  /// Swift can't import these macros: `SQLITE_IOERR` with a detail in the second byte.
  private static let lockErrors = [9, 8, 14, 15].map { SQLITE_IOERR | $0 << 8 }

  /// - Parameter connection: The connection on which the error occurred, if it is still open. It has the system's
  ///   error.
  func translate(_ error: any Error, _ connection: OpaquePointer?) -> any Error {
    if error is CheckpointError { return error }
    guard let error = error as? DatabaseError else {
      return CheckpointError.failed(file: file, reason: "\(error)")
    }
    let systemError = connection.map { sqlite3_system_errno($0) } ?? 0
    return translate(
      code: error.extendedResultCode.rawValue, message: error.message ?? "\(error.resultCode)",
      system: systemError)
  }

  func translate(code: Int32, message: String, system: Int32) -> CheckpointError {
    let systemText = system == 0 ? "" : " (\(String(cString: strerror(system))))"
    if ErrorTranslator.lockErrors.contains(code) {
      return .failed(
        file: file,
        reason: "its file system can't lock files\(systemText); see docs/Checkpoint-file.md, or use another file system"
      )
    }
    switch code & 0xFF {
    case SQLITE_BUSY, SQLITE_LOCKED:
      return .inUse(
        file: file, by: InFlightFile.owner(of: location.inFlight) ?? "another process, perhaps an sqlite3 shell")
    case SQLITE_FULL:
      return .diskFull(file: file)
    case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH:
      return .readOnly(file: file, reason: message)
    case SQLITE_NOTADB:
      return .notACheckpoint(file: file, reason: "it is not an SQLite database, or its header is damaged")
    case SQLITE_TOOBIG:
      return .failed(file: file, reason: "a result is longer than the 1,000,000,000 bytes that SQLite can hold")
    case SQLITE_CORRUPT, SQLITE_FORMAT, SQLITE_MISMATCH, SQLITE_CONSTRAINT:
      return .damaged(file: file, reason: message)
    case SQLITE_CANTOPEN, SQLITE_IOERR:
      if [ENOSPC, EDQUOT, EACCES, EPERM, EROFS].contains(system) { return FileLocation.error(system, file) }
      return .failed(file: file, reason: message + systemText)
    case SQLITE_ERROR:
      // Seppo's statements are valid for its own tables, so the tables must differ.
      return .damaged(file: file, reason: message)
    default:
      return .failed(file: file, reason: message + systemText)
    }
  }

  /// Throws if the file was moved, removed or replaced: SQLite wouldn't notice, and its writes would be lost.
  func checkIsThere(_ db: Database) throws {
    var moved: Int32 = 0
    sqlite3_file_control(db.sqliteConnection, "main", SQLITE_FCNTL_HAS_MOVED, &moved)
    guard moved == 0 else {
      throw CheckpointError.failed(file: file, reason: "it was moved or removed while it was in use")
    }
  }

  func damaged(_ reason: String) -> CheckpointError { .damaged(file: file, reason: reason) }
}
