import Foundation
import SeppoWire

extension Digest {
  /// All 16 bytes. Nothing may be added after.
  mutating func finish() -> Data {
    let halves: (UInt64, UInt64) = finish()
    return withUnsafeBytes(of: (halves.0.littleEndian, halves.1.littleEndian)) { Data($0) }
  }

  /// Of a result and its place: a row that has come to be another's is noticed too.
  static func checksum(row: Int64, _ bytes: UnsafeRawBufferPointer) -> Int64 {
    var digest = Digest()
    withUnsafeBytes(of: row.littleEndian) { digest.add($0) }
    digest.add(bytes)
    return Int64(bitPattern: digest.finish().0)
  }
}
