import Foundation

/// A log to which all ranks append the indices of computed points. A line is on the disk when `append` returns, and
/// lines of different ranks don't mix.
struct ItemLog: Sendable {
  let path: String

  func append(_ index: Int) throws {
    let file = open(path, O_WRONLY | O_APPEND | O_CREAT, 0o644)
    guard file >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    defer { close(file) }
    let line = Array("\(index)\n".utf8)
    guard write(file, line, line.count) == line.count, fsync(file) == 0 else {
      throw POSIXError(.init(rawValue: errno) ?? .EIO)
    }
  }
}
