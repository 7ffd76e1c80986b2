import Crypto
import SeppoMPI

/// A file's SHA-256, or what kept it from being read.
struct FileChecksum: Codable, Sendable {
  var digest: [UInt8] = []
  var problem: [UInt8]?

  init(of path: Path) {
    let descriptor = open(path.cString, O_RDONLY)
    guard descriptor >= 0 else {
      problem = Checksums.problem(with: path)
      return
    }
    defer { close(descriptor) }
    var hash = SHA256()
    var buffer = [UInt8](repeating: 0, count: 1 << 17)
    while true {
      let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        problem = Checksums.problem(with: path)
        return
      }
      buffer.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
    digest = Array(hash.finalize())
  }

  /// As `sha256sum` prints it: a name with a line break or a backslash is escaped, and its line begins with a backslash.
  func line(for path: Path) -> [UInt8] {
    var name: [UInt8] = []
    var isEscaped = false
    for byte in path {
      let letter: Character? =
        switch byte {
        case UInt8(ascii: "\\"): "\\"
        case UInt8(ascii: "\n"): "n"
        case UInt8(ascii: "\r"): "r"
        default: nil
        }
      if let letter, let ascii = letter.asciiValue {
        name += [UInt8(ascii: "\\"), ascii]
        isEscaped = true
      } else {
        name.append(byte)
      }
    }
    let digits = Array("0123456789abcdef".utf8)
    let hexadecimal = digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return (isEscaped ? [UInt8(ascii: "\\")] : []) + hexadecimal + Array("  ".utf8) + name + [10]
  }
}
