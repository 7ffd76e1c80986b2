import Foundation
@_spi(CheckpointStore) import SeppoMPI

/// Where a checkpoint's files are, and what the system says of them before SQLite is asked.
struct FileLocation {
  /// As the user has written it, for messages.
  let given: String
  /// Absolute and without links, so that one file has one name here.
  let path: String
  /// Whether there was nothing at all.
  let isNew: Bool

  /// What the ranks have in hand.
  var inFlight: String { path + "-inhand" }

  init(_ given: String) throws {
    self.given = given
    guard !given.isEmpty, !given.utf8.contains(0) else {
      throw CheckpointError.failed(
        file: given.isEmpty ? "\"\"" : given, reason: given.isEmpty ? "a file has a name" : "there is a NUL in its name"
      )
    }
    let named = FileLocation.resolve(given)
    var status = stat()
    if stat(given, &status) == 0 {
      try FileLocation.check(status, given)
      path = FileLocation.firstName(of: named, status)
      isNew = false
      try FileLocation.checkAccess(path, given)
      // SQLite makes a file beside it, and so do we.
      try FileLocation.checkAccess(FileLocation.folder(of: path), given)
      return
    }
    guard errno == ENOENT || errno == ENOTDIR else { throw FileLocation.failure(errno, given) }
    let folder = given.hasSuffix("/") ? given : FileLocation.folder(of: named)
    guard stat(folder, &status) == 0 else {
      guard errno == ENOENT || errno == ENOTDIR else { throw FileLocation.failure(errno, given) }
      throw CheckpointError.failed(
        file: given,
        reason: """
          there is no folder \(folder)\(given.hasPrefix("~") ? " (here ~ is a name as any other: write out the home folder)" : ""); \
          make it, or give another path
          """)
    }
    path = named
    isNew = true
    try FileLocation.checkAccess(folder, given)
  }

  /// As `dirname`, but empty where the path is a name only. (Foundation's traps for "~".)
  private static func folder(of path: String) -> String {
    let trimmed = trimmed(path)
    guard let slash = trimmed.lastIndex(of: "/") else { return "" }
    let above = FileLocation.trimmed(String(trimmed[..<slash]))
    return above.isEmpty ? "/" : above
  }

  private static func lastName(of path: String) -> String {
    String(trimmed(path).split(separator: "/").last ?? "/")
  }

  /// Without slashes behind it.
  private static func trimmed(_ path: String) -> String {
    var path = path[...]
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return String(path)
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

  /// Absolute and without links, also where there is no such file yet, or not even its folder.
  static func resolve(_ path: String, followed: Int = 0) -> String {
    if let resolved = realpath(path, nil) {
      defer { free(resolved) }
      return String(cString: resolved)
    }
    let name = lastName(of: path)
    // Even these may be unreadable.
    guard !["", ".", "/"].contains(path), !name.isEmpty else { return path }
    let above = folder(of: path)
    let folder = resolve(above.isEmpty ? "." : above, followed: followed)
    let here = folder == "/" ? "/" + name : folder + "/" + name
    // A link to what isn't there yet: SQLite makes the file where it points to.
    guard followed < 40, let target = try? FileManager.default.destinationOfSymbolicLink(atPath: here) else {
      return here
    }
    return resolve(target.hasPrefix("/") ? target : folder + "/" + target, followed: followed + 1)
  }

  /// Of a file's several names in its folder (hard links) always the same one, so that what stands beside it is found
  /// again: that where something stands, and else the first in the alphabet.
  private static func firstName(of path: String, _ status: stat) -> String {
    guard status.st_nlink > 1 else { return path }
    let folder = folder(of: path)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    func hasNothingBeside(_ path: String) -> Bool {
      !["-inhand", "-journal"].contains { FileManager.default.fileExists(atPath: path + $0) }
    }
    return names.map { folder + "/" + $0 }
      .filter { name in
        var other = stat()
        return lstat(name, &other) == 0 && other.st_ino == status.st_ino && other.st_dev == status.st_dev
      }
      .min { (hasNothingBeside($0) ? 1 : 0, $0) < (hasNothingBeside($1) ? 1 : 0, $1) } ?? path
  }

  /// What a file is, whatever its names.
  struct Inode: Hashable {
    private let number: UInt64
    private let device: UInt64

    /// Nil where there is none.
    init?(_ path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      (number, device) = (UInt64(status.st_ino), UInt64(status.st_dev))
    }
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
