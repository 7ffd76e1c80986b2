/// Finds out whether a keyed container is given a key a second time, at the cost of a few operations a key.
///
/// Codable allows it (a subclass and its superclass may share a key, and so do the type's own values); the last value counts. Readers
/// look for the first, which is much faster, unless they are told.
struct KeysSeen {
  /// A Bloom filter (Bloom 1970) of two bits a key: nearly always says "new" while keys are few.
  private var first: UInt64 = 0
  private var second: UInt64 = 0
  private var count = 0
  /// Hashes of all keys, once there are many.
  private var many: Set<UInt64>?

  private static let few = 24

  /// Notes a key.
  ///
  /// - Parameter known: gives the hashes of the keys that stand in the container; asked for only when it matters.
  /// - Returns: whether the key may have been there.
  mutating func insert(_ hash: UInt64, known: () -> [UInt64]) -> Bool {
    let a: UInt64 = 1 << (hash & 63)
    let b: UInt64 = 1 << ((hash >> 6) & 63)
    let isNew = first & a == 0 || second & b == 0
    first |= a
    second |= b
    count += 1
    if count > KeysSeen.few {
      if many == nil { many = Set(known()) }
      return !many!.insert(hash).inserted
    }
    return !isNew && known().contains(hash)
  }

  /// FNV-1a (Fowler, Noll, Vo 1991), its bits mixed so that each depends on the last bytes too.
  static func hash(_ name: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return (hash ^ (hash >> 29)) &* 0x94D0_49BB_1331_11EB ^ (hash >> 32)
  }
}
