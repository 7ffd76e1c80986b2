/// Detects duplicate keys in a keyed container, at the cost of a few operations per key.
///
/// Codable allows duplicates: a subclass and its superclass may share a key, and a type may write a key twice. The last
/// value counts. Readers search for the first one, which is much faster, unless the container is marked.
struct SeenKeys {
  /// A Bloom filter (Bloom 1970) with two bits per key: few false positives while there are few keys.
  private var first: UInt64 = 0
  private var second: UInt64 = 0
  /// The hashes of all keys, once there are many.
  private var all: Set<UInt64>?

  private static let few = 24

  /// False if no key with this hash was inserted.
  func mayContain(_ hash: UInt64) -> Bool {
    all?.contains(hash) ?? (first & 1 << (hash & 63) != 0 && second & 1 << ((hash >> 6) & 63) != 0)
  }

  /// Inserts a key. Returns false if it may be a duplicate; then call `isDuplicate`.
  mutating func insert(_ hash: UInt64) -> Bool {
    if all != nil { return all!.insert(hash).inserted }
    let isNew = !mayContain(hash)
    first |= 1 << (hash & 63)
    second |= 1 << ((hash >> 6) & 63)
    return isNew
  }

  /// Whether a key for which `insert` returned false is among the container's `known` keys.
  mutating func isDuplicate(_ hash: UInt64, known: () -> [UInt64]) -> Bool {
    if all != nil { return true }
    let known = known()
    if known.count >= SeenKeys.few { all = Set(known + [hash]) }
    return known.contains(hash)
  }

  /// A fast hash, eight bytes at a time. Collisions only cost time.
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
