import Foundation
import SeppoMPI

/// The files that this process has open, and has had.
///
/// A process's own locks don't keep it from opening a file twice, and closing the one loses the other's: so it isn't
/// even looked at where it is open already.
final class OpenFiles: @unchecked Sendable {
  static let shared = OpenFiles()

  /// Guards all below: that is why this may be used by any thread.
  private let lock = NSLock()
  private var paths: Set<String> = []
  /// The paths of those that are there, by what the system knows them by.
  private var known: [FileLocation.Inode: String] = [:]

  /// The same text for the same file, for as long as this process runs: the path by which it was first known here.
  func identity(of given: String) -> String {
    let path = FileLocation.resolve(given)
    return lock.withLock { knownPath(of: path) }
  }

  /// A file that wasn't there when somebody asked is there now.
  func isMade(_ location: FileLocation) { _ = lock.withLock { knownPath(of: location.path) } }

  private func knownPath(of path: String) -> String {
    guard let inode = FileLocation.Inode(path) else { return path }
    // Hard links, and folders that are mounted twice. What has been removed may have left its number to another file.
    if let other = known[inode], FileLocation.Inode(other) == inode { return other }
    known[inode] = path
    return path
  }

  func claim(_ location: FileLocation) throws {
    try lock.withLock {
      guard paths.insert(location.path).inserted else {
        throw CheckpointError.inUse(file: location.given, by: "another map of this process")
      }
    }
  }

  func release(_ location: FileLocation) {
    _ = lock.withLock { paths.remove(location.path) }
  }
}
