/// Finds out whether a keyed container is given a key a second time, at the cost of a few operations a key.
///
/// Codable allows it (a subclass and its superclass may share a key, and so may one type's own writes); the value
/// written last counts. Readers look for the first, which is much faster, unless they are told.
struct KeysSeen {
  /// A Bloom filter (Bloom 1970) of two bits a key: nearly always says "new" while keys are few.
  private var first: UInt64 = 0
  private var second: UInt64 = 0
  /// Hashes of all keys, once there are many.
  private var all: Set<UInt64>?

  private static let few = 24

  /// False where a key with this hash was certainly not noted.
  func mayContain(_ hash: UInt64) -> Bool {
    all?.contains(hash) ?? (first & 1 << (hash & 63) != 0 && second & 1 << ((hash >> 6) & 63) != 0)
  }

  /// Notes a key. Where it gives false, the key may be there already: `settle` knows.
  mutating func insert(_ hash: UInt64) -> Bool {
    if all != nil { return all!.insert(hash).inserted }
    let isNew = !mayContain(hash)
    first |= 1 << (hash & 63)
    second |= 1 << ((hash >> 6) & 63)
    return isNew
  }

  /// Whether a key that `insert` was not sure of is among those that stand in the container.
  mutating func settle(_ hash: UInt64, known: () -> [UInt64]) -> Bool {
    if all != nil { return true }
    let known = known()
    if known.count >= KeysSeen.few { all = Set(known + [hash]) }
    return known.contains(hash)
  }

  /// Eight bytes at a time: keys are short, and a hash that two of them share costs only time.
  static func hash(_ name: UnsafeRawBufferPointer) -> UInt64 {
    var hash = UInt64(name.count)
    func mix(_ word: UInt64) {
      hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
      hash ^= hash >> 32
    }
    var offset = 0
    while name.count - offset >= 8 {
      mix(name.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset += 8
    }
    var rest: UInt64 = 0
    while offset < name.count {
      rest = rest << 8 | UInt64(name[offset])
      offset += 1
    }
    mix(rest)
    return hash
  }
}
