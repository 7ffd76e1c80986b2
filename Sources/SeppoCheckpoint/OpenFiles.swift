import Foundation
@_spi(CheckpointStore) import SeppoMPI

/// The checkpoint files that this process has open or had open before.
///
/// POSIX locks don't keep a process from opening a file twice, and closing one descriptor releases the locks of all. So
/// a file that is open already must not even be read.
///
/// `Sendable` because `lock` guards all state.
final class OpenFiles: @unchecked Sendable {
  static let shared = OpenFiles()

  private let lock = NSLock()
  private var paths: Set<String> = []
  /// The inodes of the open files, by path.
  private var open: [String: FileLocation.Inode] = [:]
  /// All files that this process has seen.
  private var known: [FileLocation.Inode: Known] = [:]

  private struct Known {
    /// The path at which the file was first seen.
    let identity: String
    var path: String
    /// SQLite's header, with its change counter, from when the file was last closed.
    var header: Data?
  }

  /// Returns a text that identifies the file for the lifetime of this process.
  func identity(of given: String) -> String {
    let path = FileLocation.resolve(given)
    return lock.withLock { identity(path) }
  }

  /// Records that the file is open, and so exists.
  func opened(_ location: FileLocation) {
    lock.withLock {
      let inode = FileLocation.Inode(location.path)
      // A new file may get the inode of one that was deleted, and its header may be the same too.
      if location.isNew, let inode { known[inode] = nil }
      _ = identity(location.path)
      open[location.path] = inode
    }
  }

  private func identity(_ path: String) -> String {
    guard let inode = FileLocation.Inode(path) else { return path }
    if let file = known[inode] {
      // The same file by another path: a hard link, or a folder that is mounted twice.
      if FileLocation.Inode(file.path) == inode { return file.identity }
      // Either the file was renamed, or another file reuses its inode: only a renamed file has the same header.
      if !open.values.contains(inode), let header = file.header, header == OpenFiles.header(path) {
        known[inode]?.path = path
        return file.identity
      }
    }
    known[inode] = Known(identity: path, path: path)
    return path
  }

  private static func header(_ path: String) -> Data? {
    guard let file = FileHandle(forReadingAtPath: path) else { return nil }
    defer { try? file.close() }
    return try? file.read(upToCount: 100)
  }

  func claim(_ location: FileLocation) throws {
    try lock.withLock {
      guard paths.insert(location.path).inserted else {
        throw CheckpointError.inUse(file: location.given, by: "another map of this process")
      }
    }
  }

  /// Records that the file is closed, or was never opened.
  func release(_ location: FileLocation) {
    lock.withLock {
      paths.remove(location.path)
      open[location.path] = nil
      // Reading a file that is open by another path would release its locks.
      guard let inode = FileLocation.Inode(location.path), !open.values.contains(inode) else { return }
      known[inode]?.header = OpenFiles.header(location.path)
    }
  }
}
