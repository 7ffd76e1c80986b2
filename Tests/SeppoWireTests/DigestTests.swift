import Foundation
import Testing

@testable import SeppoWire

@Suite("Digest")
struct DigestTests {
  /// From vectors_sip128 of the reference implementation: the lengths of the inputs 0, 1, 2, …, and their digests.
  private static let vectors = [
    (0, "a3817f04ba25a8e66df67214c7550293"),
    (1, "da87c1d86b99af44347659119b22fc45"),
    (7, "a1f1ebbed8dbc153c0b84aa61ff08239"),
    (8, "3b62a9ba6258f5610f83e264f31497b4"),
    (9, "264499060ad9baabc47f8b02bb6d71ed"),
    (15, "5493e99933b0a8117e08ec0f97cfc3d9"),
    (16, "6ee2a4ca67b054bbfd3315bf85230577"),
    (63, "5150d1772f50834a503e069a973fbd7c"),
  ]

  private func digest(_ bytes: [UInt8], inPiecesOf size: Int) -> [UInt8] {
    var digest = Digest()
    for start in stride(from: 0, to: bytes.count, by: size) {
      bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { digest.add($0) }
    }
    let (first, second) = digest.finish()
    return withUnsafeBytes(of: (first.littleEndian, second.littleEndian)) { Array($0) }
  }

  @Test("The digest is 128-bit SipHash-2-4, according to the published vectors", arguments: vectors)
  func knownAnswers(_ length: Int, _ hexadecimal: String) {
    let found = digest((0..<length).map { UInt8($0) }, inPiecesOf: 100)
    #expect(found.map { String(format: "%02x", $0) }.joined() == hexadecimal)
  }

  @Test("The digest does not depend on how the bytes are split")
  func pieces() {
    let bytes = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    let whole = digest(bytes, inPiecesOf: bytes.count)
    for size in [1, 2, 3, 7, 8, 9, 13, 64, 999] { #expect(digest(bytes, inPiecesOf: size) == whole) }
  }
}
