import Foundation
import SeppoWire
import Testing

/// A received count is checked against the remaining bytes before memory is allocated.
///
/// A decoder that trusted such a count would fail to allocate the memory and crash the process.
@Suite(.serialized) struct UntrustedCountTests {
  /// Returns a length as a variable-length integer: seven bits per byte.
  func length(_ value: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  static let claims: [UInt64] = [
    2, 1 << 20, 1 << 31, 1 << 32, 1 << 40, 1 << 47, (1 << 60) + 1, 1 << 61, 1 << 62, (1 << 63) - 1, 1 << 63, .max,
  ]

  /// Returns the process's peak memory, in bytes.
  func peak() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    return try #require(Int(line.filter(\.isNumber))) * 1_024
  }

  @Test(arguments: claims) func stringsAndData(claim: UInt64) {
    #expect(decodingError(String.self, from: [0x10] + length(claim) + [65]) != nil)
    #expect(decodingError(Data.self, from: [0x11] + length(claim) + [65]) != nil)
    #expect(decodingError([Data].self, from: [0x15, 12, 0, 0, 0, 0, 0, 0x11] + length(claim)) != nil)
  }

  @Test(arguments: claims) func memory(claim: UInt64) {
    // Signed, eight bytes.
    #expect(
      decodingError([Int].self, from: [0x12, 0x13, 0] + length(8) + length(claim) + [0, 0, 0, 0, 0, 0, 0, 0]) != nil)
    #expect(
      decodingError([Int].self, from: [0x12, 0x13, 0] + length(claim) + length(8) + [0, 0, 0, 0, 0, 0, 0, 0]) != nil)
    #expect(decodingError([Int].self, from: [0x12, 0x13, 0] + length(claim) + length(claim)) != nil)
    // Elements of size 0, any number of which would fit.
    #expect(decodingError([Int].self, from: [0x12, 0x13, 0] + length(0) + length(claim)) != nil)
    #expect(decodingError([Void0].self, from: [0x12, 0xFF, 0] + length(0) + length(claim)) != nil)
    #expect(decodingError([Void0].self, from: [0x12, 0xFF, 0] + length(1) + length(claim)) != nil)
    #expect(decodingError(OneByOne<Void0>.self, from: [0x12, 0xFF, 0] + length(0) + length(claim)) != nil)
    #expect(decodingError(OneByOne<Int>.self, from: [0x12, 0x13, 0] + length(8) + length(claim)) != nil)
    #expect(decodingError(Void0.self, count: 1, from: [0x12, 0xFF, 0] + length(0) + length(claim)) != nil)
  }

  @Test(arguments: claims) func containers(claim: UInt64) {
    for tag in [0x13, 0x14, 0x15] as [UInt8] {
      let bytes = [tag] + (0..<6).map { UInt8(truncatingIfNeeded: claim >> (8 * $0)) } + [0x80]
      // Only the lowest six bytes of the claim are written, and these may be a valid length.
      if claim & 0xFFFF_FFFF_FFFF <= 2 { continue }
      #expect(decodingError(OneByOne<Int>.self, from: bytes) != nil)
      #expect(decodingError(KeyListing.self, from: bytes) != nil)
      #expect(decodingError([String].self, from: bytes) != nil)
      #expect(decodingError([String: Int].self, from: bytes) != nil)
      #expect(decodingError(Set<Int>.self, from: bytes + [0x80]) != nil)
    }
    #expect(decodingError(KeyListing.self, from: [0x13, 12, 0, 0, 0, 0, 0] + length(claim) + [0x80]) != nil)
    #expect(decodingError(KeyListing.self, from: [0x14, 12, 0, 0, 0, 0, 0] + length(claim) + [0x80]) != nil)
  }

  @Test func endlessLengths() {
    for count in [1, 9, 10, 11, 1_000] {
      let endless = [UInt8](repeating: 0xFF, count: count)
      #expect(decodingError(String.self, from: [0x10] + endless) != nil)
      #expect(decodingError(String.self, from: [0x10] + endless + [0x00]) != nil)
      #expect(decodingError([Int].self, from: [0x12, 0x13, 0] + endless) != nil)
    }
  }

  /// No claim makes the process allocate much more memory than the received bytes.
  @Test func nothingIsAllocatedForAClaim() throws {
    let before = try peak()
    for claim in UntrustedCountTests.claims {
      stringsAndData(claim: claim)
      memory(claim: claim)
      containers(claim: claim)
    }
    // A loose limit, because other tests run at the same time.
    #expect(try peak() - before < 1 << 29)
  }

  @Test func itemsOfMemoryNeedTheExactSize() {
    for bytes in [0, 7, 9, 15, 17] {
      #expect(decodingError(Double.self, count: 2, from: [UInt8](repeating: 0, count: bytes)) != nil)
    }
  }
}
