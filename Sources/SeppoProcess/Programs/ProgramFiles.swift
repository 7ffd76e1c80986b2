/// The folder in which a program runs.
package enum ProgramFolder {
  /// Creates the folder, and those above it, unless they exist.
  package static func create(_ path: String) throws(FileRefusal) {
    if path.utf8.contains(0) { throw FileRefusal(path.debugDescription, reason: "contains a NUL") }
    if mkdir(path, 0o777) == 0 || isFolder(path) { return }
    guard errno == ENOENT, let slash = path.drop(while: { $0 == "/" }).lastIndex(of: "/") else {
      throw FileRefusal(path, errno)
    }
    try create(String(path[..<slash]))
    // Another item may be creating it, too.
    if mkdir(path, 0o777) != 0, !isFolder(path) { throw FileRefusal(path, errno) }
  }

  private static func isFolder(_ path: String) -> Bool {
    let error = errno
    var file = stat()
    let isFolder = stat(path, &file) == 0 && file.st_mode & S_IFMT == S_IFDIR
    errno = error
    return isFolder
  }
}

/// A file that gets what a program writes.
package final class ProgramLog {
  let descriptor: Int32

  /// Creates the file, and folders above it, in the place of one that is there.
  ///
  /// - Parameter folder: the folder to which the path is relative; nil for the current one.
  package init(_ path: String, in folder: String?) throws(FileRefusal) {
    if path.utf8.contains(0) { throw FileRefusal(path.debugDescription, reason: "contains a NUL") }
    let path = path.hasPrefix("/") ? path : folder.map { "\($0)/\(path)" } ?? path
    if let slash = path.lastIndex(of: "/"), slash > path.startIndex { try ProgramFolder.create(String(path[..<slash])) }
    // A pipe that nobody reads is an error, instead of a wait.
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0o666)
    if descriptor < 0 { throw FileRefusal(path, errno) }
    var file = stat()
    // Its reader could delay the item without a limit.
    if fstat(descriptor, &file) == 0, file.st_mode & S_IFMT == S_IFIFO { throw FileRefusal(path, reason: "is a pipe") }
    _ = fcntl(descriptor, F_SETFL, 0)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
