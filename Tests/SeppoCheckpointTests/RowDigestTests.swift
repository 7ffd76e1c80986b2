import Testing

@testable import SeppoCheckpoint
@testable import SeppoWire

@Suite("The checksum of a row")
struct RowDigestTests {
  @Test("A row's checksum covers its id, then its bytes")
  func checksum() {
    let (row, bytes): (Int64, [UInt8]) = (0x0102_0304_0506_0708, [9, 10, 11])
    let together: [UInt8] = [8, 7, 6, 5, 4, 3, 2, 1, 9, 10, 11]
    let wanted = together.withUnsafeBytes { Digest.short($0) }
    #expect(bytes.withUnsafeBytes { Digest.checksum(row: row, $0) } == Int64(bitPattern: wanted))
  }
}
