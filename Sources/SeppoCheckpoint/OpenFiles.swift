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
  /// Those of which somebody has asked what tells them apart.
  private var known: [String] = []

  /// The same text for the same file, for as long as this process runs: the path by which it was first known here.
  func identity(of given: String) -> String {
    let path = FileLocation.resolve(given)
    return lock.withLock {
      if known.contains(path) { return path }
      // Hard links, and folders that are mounted twice.
      if let other = known.first(where: { FileLocation.areOne($0, path) }) { return other }
      known.append(path)
      return path
    }
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
