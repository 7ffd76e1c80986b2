import Foundation
import SeppoMPI

/// Where a checkpoint's files are, and what the system says of them before SQLite is asked.
struct FileLocation {
  /// As the user has written it, for messages.
  let given: String
  /// Absolute and without links, so that one file has one name here.
  let path: String
  /// Whether there was nothing at all.
  let isNew: Bool

  /// What the ranks have in hand.
  var inHand: String { path + "-inhand" }

  init(_ given: String) throws {
    self.given = given
    guard !given.isEmpty, !given.utf8.contains(0) else {
      throw CheckpointError.failed(file: given, reason: "that is no file's name")
    }
    var status = stat()
    if stat(given, &status) == 0 {
      try FileLocation.check(status, given)
      guard let path = FileLocation.resolve(given) else { throw FileLocation.failure(errno, given) }
      self.path = path
      isNew = false
      try FileLocation.checkAccess(path, given)
      // SQLite makes a file beside it, and so do we.
      try FileLocation.checkAccess((path as NSString).deletingLastPathComponent, given)
      return
    }
    guard errno == ENOENT || errno == ENOTDIR else { throw FileLocation.failure(errno, given) }
    let name = (given as NSString).lastPathComponent
    let folder = (given as NSString).deletingLastPathComponent
    guard let resolved = FileLocation.resolve(folder.isEmpty ? "." : folder), !given.hasSuffix("/") else {
      guard errno == ENOENT || errno == ENOTDIR else { throw FileLocation.failure(errno, given) }
      throw CheckpointError.failed(
        file: given, reason: "there is no folder \(folder.isEmpty ? given : folder); make it, or give another path")
    }
    path = resolved == "/" ? "/" + name : resolved + "/" + name
    isNew = true
    try FileLocation.checkAccess(resolved, given)
  }

  /// SQLite would open it all the same, for reading.
  private static func checkAccess(_ path: String, _ given: String) throws {
    guard access(path, R_OK | W_OK) == 0 else { throw failure(errno, given) }
  }

  private static func check(_ status: stat, _ given: String) throws {
    let kind = status.st_mode & S_IFMT
    if kind == S_IFDIR { throw CheckpointError.notACheckpoint(file: given, reason: "it is a folder") }
    guard kind == S_IFREG else { throw CheckpointError.notACheckpoint(file: given, reason: "it is no regular file") }
    // SQLite takes a file of one byte for an empty one; the shortest header of a database has a hundred.
    guard status.st_size == 0 || status.st_size >= 100 else {
      throw CheckpointError.notACheckpoint(file: given, reason: "it is no SQLite database")
    }
  }

  private static func resolve(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// What an error of the system's means for a checkpoint.
  static func failure(_ code: Int32, _ file: String) -> CheckpointError {
    let reason = String(cString: strerror(code))
    return switch code {
    case ENOSPC, EDQUOT: .diskFull(file: file)
    case EACCES, EPERM, EROFS: .readOnly(file: file, reason: reason)
    default: .failed(file: file, reason: reason)
    }
  }
}
