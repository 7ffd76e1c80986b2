import Foundation
@_spi(CheckpointStore) import SeppoMPI

/// The paths of a checkpoint's files, checked before SQLite opens them.
struct FileLocation {
  /// The path as the user wrote it, for messages.
  let given: String
  /// The absolute path without links, so that a file has one name here.
  let path: String
  /// Whether the file didn't exist.
  let isNew: Bool

  /// The path of the file that records the items in flight.
  var inFlight: String { path + "-inhand" }

  init(_ given: String) throws {
    self.given = given
    guard !given.isEmpty, !given.utf8.contains(0) else {
      throw CheckpointError.failed(
        file: given.isEmpty ? "\"\"" : given,
        reason: given.isEmpty ? "the file name is empty" : "its name has a NUL byte"
      )
    }
    let named = FileLocation.resolve(given)
    var status = stat()
    if stat(given, &status) == 0 {
      try FileLocation.check(status, given)
      path = FileLocation.firstName(of: named, status)
      isNew = false
      try FileLocation.checkAccess(path, given)
      // SQLite and Seppo each create a file next to it.
      try FileLocation.checkAccess(FileLocation.folder(of: path), given)
      return
    }
    guard errno == ENOENT || errno == ENOTDIR else { throw FileLocation.error(errno, given) }
    let folder = given.hasSuffix("/") ? given : FileLocation.folder(of: named)
    guard stat(folder, &status) == 0 else {
      guard errno == ENOENT || errno == ENOTDIR else { throw FileLocation.error(errno, given) }
      let hint = given.hasPrefix("~") ? " (~ isn't expanded: write out the home folder)" : ""
      throw CheckpointError.failed(
        file: given, reason: "the folder \(folder) doesn't exist\(hint); create it, or give another path")
    }
    path = named
    isNew = true
    try FileLocation.checkAccess(folder, given)
  }

  /// Like `dirname`, but empty if the path is only a name. (Foundation's equivalent traps for "~".)
  private static func folder(of path: String) -> String {
    let trimmed = trimmed(path)
    guard let slash = trimmed.lastIndex(of: "/") else { return "" }
    let above = FileLocation.trimmed(String(trimmed[..<slash]))
    return above.isEmpty ? "/" : above
  }

  private static func lastName(of path: String) -> String {
    String(trimmed(path).split(separator: "/").last ?? "/")
  }

  /// The path without trailing slashes.
  private static func trimmed(_ path: String) -> String {
    var path = path[...]
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return String(path)
  }

  /// Throws if the file can't be written to. SQLite would open it read-only.
  private static func checkAccess(_ path: String, _ given: String) throws {
    guard access(path, R_OK | W_OK) == 0 else { throw error(errno, given) }
  }

  private static func check(_ status: stat, _ given: String) throws {
    let kind = status.st_mode & S_IFMT
    if kind == S_IFDIR { throw CheckpointError.notACheckpoint(file: given, reason: "it is a folder") }
    guard kind == S_IFREG else { throw CheckpointError.notACheckpoint(file: given, reason: "it is not a regular file") }
    // SQLite treats a file of one byte as empty; a database's header has 100 bytes.
    guard status.st_size == 0 || status.st_size >= 100 else {
      throw CheckpointError.notACheckpoint(file: given, reason: "it is not an SQLite database")
    }
  }

  /// Returns the absolute path without links, even if the file or its folder doesn't exist.
  static func resolve(_ path: String, followed: Int = 0) -> String {
    if let resolved = realpath(path, nil) {
      defer { free(resolved) }
      return String(cString: resolved)
    }
    let name = lastName(of: path)
    // `realpath` may fail even for these, which end the recursion.
    guard !["", ".", "/"].contains(path), !name.isEmpty else { return path }
    let above = folder(of: path)
    let folder = resolve(above.isEmpty ? "." : above, followed: followed)
    let here = folder == "/" ? "/" + name : folder + "/" + name
    // For a dangling link, SQLite creates the file that it points to.
    guard followed < 40, let target = try? FileManager.default.destinationOfSymbolicLink(atPath: here) else {
      return here
    }
    return resolve(target.hasPrefix("/") ? target : folder + "/" + target, followed: followed + 1)
  }

  /// Returns the same path for each hard link of a file in its folder, so that the files next to it are found again:
  /// the path that has such files, or else the first in alphabetical order.
  private static func firstName(of path: String, _ status: stat) -> String {
    guard status.st_nlink > 1 else { return path }
    let folder = folder(of: path)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    func hasNoCompanion(_ path: String) -> Bool {
      !["-inhand", "-journal"].contains { FileManager.default.fileExists(atPath: path + $0) }
    }
    return names.map { folder + "/" + $0 }
      .filter { name in
        var other = stat()
        return lstat(name, &other) == 0 && other.st_ino == status.st_ino && other.st_dev == status.st_dev
      }
      .min { (hasNoCompanion($0) ? 1 : 0, $0) < (hasNoCompanion($1) ? 1 : 0, $1) } ?? path
  }

  /// The identity of a file, independent of its names.
  struct Inode: Hashable {
    private let number: UInt64
    private let device: UInt64

    /// Returns nil if there is no such file.
    init?(_ path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      (number, device) = (UInt64(status.st_ino), UInt64(status.st_dev))
    }
  }

  /// Translates a system error into a `CheckpointError`.
  static func error(_ code: Int32, _ file: String) -> CheckpointError {
    let reason = String(cString: strerror(code))
    return switch code {
    case ENOSPC, EDQUOT: .diskFull(file: file)
    case EACCES, EPERM, EROFS: .readOnly(file: file, reason: reason)
    default: .failed(file: file, reason: reason)
    }
  }
}
