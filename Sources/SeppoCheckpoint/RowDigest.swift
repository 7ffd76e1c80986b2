import Foundation
import SeppoWire

extension Digest {
  /// Returns all 16 bytes. Nothing may be added afterwards.
  mutating func finish() -> Data {
    let halves: (UInt64, UInt64) = finish()
    return withUnsafeBytes(of: (halves.0.littleEndian, halves.1.littleEndian)) { Data($0) }
  }

  /// Returns the checksum of a result and its row id, which also detects a row that was moved to another id.
  static func checksum(row: Int64, _ bytes: UnsafeRawBufferPointer) -> Int64 {
    var digest = Digest()
    withUnsafeBytes(of: row.littleEndian) { digest.add($0) }
    digest.add(bytes)
    return Int64(bitPattern: digest.finish().0)
  }
}
