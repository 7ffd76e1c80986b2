import Foundation
import SeppoMPI

/// The files that this process has open.
///
/// A process's own locks don't keep it from opening a file twice, and closing the one loses the other's: so it isn't
/// even looked at where it is open already.
final class OpenFiles: @unchecked Sendable {
  static let shared = OpenFiles()

  /// Guards all below: that is why this may be used by any thread.
  private let lock = NSLock()
  private var paths: Set<String> = []

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
