import Foundation
import SeppoMPI

/// The number of lines, words and bytes of a file, or the reason why it cannot be read.
struct FileCount: Codable, Sendable {
  var lines = 0
  var words = 0
  var bytes = 0
  var problem: [UInt8]?

  init() {}

  init(of path: Path) {
    let descriptor = open(path.cString, O_RDONLY)
    guard descriptor >= 0 else {
      problem = WordCount.problem(with: path)
      return
    }
    defer { close(descriptor) }
    var counter = WordCounter()
    var buffer = [UInt8](repeating: 0, count: 1 << 17)
    // The end of the buffer may split a character: its first bytes are kept for the next read.
    var kept = 0
    while true {
      let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + kept, $0.count - kept) }
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        problem = WordCount.problem(with: path)
        return
      }
      bytes += count
      let filled = kept + count
      let used = buffer.withUnsafeBufferPointer { counter.add(UnsafeBufferPointer(rebasing: $0[..<filled])) }
      kept = filled - used
      for index in 0..<kept { buffer[index] = buffer[used + index] }
    }
    (lines, words) = counter.finish()
  }
}
