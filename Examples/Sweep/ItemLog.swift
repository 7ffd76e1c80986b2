import Foundation

/// A file that the index of each computed point is appended to, by whichever rank computes it: on the disk when `append`
/// returns, and no line inside another.
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
