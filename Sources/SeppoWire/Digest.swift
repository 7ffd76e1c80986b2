/// A 128-bit SipHash-2-4 digest, to recognise bytes.
///
/// It detects changes and damage, not forgery: the key is public. A cryptographic digest would need a library that
/// takes minutes to build.
///
/// Source: J.-P. Aumasson and D. J. Bernstein, "SipHash: a fast short-input PRF" (2012), with the 128-bit output of its
/// reference implementation, github.com/veorq/SipHash. The key is that of its test vectors, 000102…0f, so that
/// `openssl mac -macopt hexkey:000102030405060708090a0b0c0d0e0f siphash` prints the same digest.
package struct Digest {
  private static let key = (UInt64(0x0706_0504_0302_0100), UInt64(0x0F0E_0D0C_0B0A_0908))

  // v0 to v3 of the paper. `0xee` selects the 128-bit output.
  private var v0 = 0x736F_6D65_7073_6575 ^ Digest.key.0
  private var v1 = 0x646F_7261_6E64_6F6D ^ Digest.key.1 ^ 0xEE
  private var v2 = 0x6C79_6765_6E65_7261 ^ Digest.key.0
  private var v3 = 0x7465_6462_7974_6573 ^ Digest.key.1
  /// The bytes of an incomplete word, the first one lowest.
  private var rest: UInt64 = 0
  private var restCount = 0
  /// The number of bytes, modulo 256.
  private var length: UInt8 = 0

  package init() {}

  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    length &+= UInt8(truncatingIfNeeded: bytes.count)
    var index = 0
    while restCount > 0, index < bytes.count {
      addToRest(bytes[index])
      index += 1
    }
    let words = (bytes.count - index) / 8
    if words > 0 { compress(bytes.baseAddress! + index, words: words) }
    index += 8 * words
    while index < bytes.count {
      addToRest(bytes[index])
      index += 1
    }
  }

  private mutating func addToRest(_ byte: UInt8) {
    rest |= UInt64(byte) &<< UInt64(8 * restCount)
    restCount += 1
    guard restCount == 8 else { return }
    withUnsafeBytes(of: rest.littleEndian) { compress($0.baseAddress!, words: 1) }
    (rest, restCount) = (0, 0)
  }

  private mutating func compress(_ start: UnsafeRawPointer, words: Int) {
    // Local variables and no calls, for debug builds: this digests whole executables there too.
    let isAligned = UInt(bitPattern: start) % 8 == 0
    let isLittle = 1.littleEndian == 1
    let aligned = start.assumingMemoryBound(to: UInt64.self)
    var (v0, v1, v2, v3) = (v0, v1, v2, v3)
    var index = 0
    while index < words {
      var word = isAligned ? aligned[index] : start.loadUnaligned(fromByteOffset: 8 &* index, as: UInt64.self)
      if !isLittle { word = word.byteSwapped }
      v3 ^= word
      Digest.round(&v0, &v1, &v2, &v3)
      Digest.round(&v0, &v1, &v2, &v3)
      v0 ^= word
      index &+= 1
    }
    (self.v0, self.v1, self.v2, self.v3) = (v0, v1, v2, v3)
  }

  @_transparent
  private static func round(_ v0: inout UInt64, _ v1: inout UInt64, _ v2: inout UInt64, _ v3: inout UInt64) {
    v0 &+= v1
    v2 &+= v3
    v1 = (v1 &<< 13 | v1 &>> 51) ^ v0
    v3 = (v3 &<< 16 | v3 &>> 48) ^ v2
    v0 = v0 &<< 32 | v0 &>> 32
    v2 &+= v1
    v0 &+= v3
    v1 = (v1 &<< 17 | v1 &>> 47) ^ v2
    v3 = (v3 &<< 21 | v3 &>> 43) ^ v0
    v2 = v2 &<< 32 | v2 &>> 32
  }

  /// Returns the two halves of the digest. Add no bytes afterwards.
  package mutating func finish() -> (UInt64, UInt64) {
    rest |= UInt64(length) << 56
    withUnsafeBytes(of: rest.littleEndian) { compress($0.baseAddress!, words: 1) }
    v2 ^= 0xEE
    for _ in 0..<4 { Digest.round(&v0, &v1, &v2, &v3) }
    let first = v0 ^ v1 ^ v2 ^ v3
    v1 ^= 0xDD
    for _ in 0..<4 { Digest.round(&v0, &v1, &v2, &v3) }
    return (first, v0 ^ v1 ^ v2 ^ v3)
  }
}

extension Digest {
  /// Returns the first half of the digest of the bytes.
  package static func short(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var digest = Digest()
    digest.add(bytes)
    return digest.finish().0
  }
}
