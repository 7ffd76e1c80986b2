import Crypto
import Foundation

/// What bytes are known by again: SHA-256, or its first 8 bytes.
struct Digest {
  private var hash = SHA256()
  /// Items come in small pieces: hashing them one by one takes several times as long.
  private var waiting: [UInt8] = []

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    if waiting.count + bytes.count > 1 << 16 { flush() }
    if bytes.count > 1 << 16 {
      hash.update(bufferPointer: bytes)
    } else {
      waiting.append(contentsOf: bytes)
    }
  }

  private mutating func flush() {
    waiting.withUnsafeBytes { hash.update(bufferPointer: $0) }
    waiting.removeAll(keepingCapacity: true)
  }

  mutating func finish() -> Data {
    flush()
    return Data(hash.finalize())
  }

  static func short(_ bytes: UnsafeRawBufferPointer) -> Int64 {
    var hash = SHA256()
    hash.update(bufferPointer: bytes)
    return hash.finalize().withUnsafeBytes { Int64(littleEndian: $0.loadUnaligned(as: Int64.self)) }
  }
}

extension Digest {
  /// Of a result and its place: a row that has come to be another's is noticed too.
  static func checksum(row: Int64, _ bytes: UnsafeRawBufferPointer) -> Int64 {
    var hash = SHA256()
    withUnsafeBytes(of: row.littleEndian) { hash.update(bufferPointer: $0) }
    hash.update(bufferPointer: bytes)
    return hash.finalize().withUnsafeBytes { Int64(littleEndian: $0.loadUnaligned(as: Int64.self)) }
  }
}
