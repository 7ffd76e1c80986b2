import Foundation
@_spi(CheckpointStore) import SeppoMPI

/// The files that this process has open, and has had.
///
/// A process's own locks don't keep it from opening a file twice, and closing the one loses the other's: so it isn't
/// even looked at where it is open already.
final class OpenFiles: @unchecked Sendable {
  static let shared = OpenFiles()

  /// Guards all below: that is why this may be used by any thread.
  private let lock = NSLock()
  private var paths: Set<String> = []
  /// What those paths led to when they were opened.
  private var open: [String: FileLocation.Inode] = [:]
  /// Those that are there, or were.
  private var known: [FileLocation.Inode: Known] = [:]

  private struct Known {
    /// The path by which it was first known here.
    let identity: String
    var path: String
    /// SQLite's header as it was when it was closed, with a counter of changes.
    var header: Data?
  }

  /// The same text for the same file, for as long as this process runs.
  func identity(of given: String) -> String {
    let path = FileLocation.resolve(given)
    return lock.withLock { identity(path) }
  }

  /// Records that the file is open, and so is there now.
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
      // Hard links, and folders that are mounted twice.
      if FileLocation.Inode(file.path) == inode { return file.identity }
      // It has another name now; or another file has its place on the disk.
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

  /// It is closed, or never was opened.
  func release(_ location: FileLocation) {
    lock.withLock {
      paths.remove(location.path)
      open[location.path] = nil
      // Open by another name it would lose its locks.
      guard let inode = FileLocation.Inode(location.path), !open.values.contains(inode) else { return }
      known[inode]?.header = OpenFiles.header(location.path)
    }
  }
}
