/// The random numbers of one item. They depend on the seed and on the item's index alone.
///
/// ```swift
/// let samples = try (0..<1_000).parallel(seed: 42).map { _, random in Double.random(in: 0..<1, using: &random) }
/// ```
///
/// Each item has a sequence of its own, of 2⁶⁵ numbers, which is statistically independent of those of other items. The
/// numbers are the same for any number of ranks, threads and chunks, when an item is tried again, and after a resume.
///
/// The generator is Philox 4×32-10: J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11. Its key
/// is the seed, its counter the item's index and the number of a block of two 64-bit numbers. It is not suited for
/// cryptography.
@frozen
public struct ItemRandom: RandomNumberGenerator, Sendable {
  @usableFromInline let seed: UInt64
  @usableFromInline let item: UInt64
  /// The number of the next block.
  @usableFromInline var block: UInt64
  /// The second number of the last block, if it has not been returned.
  @usableFromInline var second: UInt64 = 0
  @usableFromInline var hasSecond = false

  /// Returns the generator that an item gets: to compute a single item again, for example in a test.
  ///
  /// - Parameters:
  ///   - seed: The seed of the call. A negative seed counts as its bit pattern.
  ///   - item: The index of the item among all items of the call.
  @inlinable
  public init(seed: Int, item: Int) {
    self.init(seed: UInt64(bitPattern: Int64(seed)), item: UInt64(bitPattern: Int64(item)), block: 0)
  }

  @inlinable
  init(seed: UInt64, item: UInt64, block: UInt64) {
    self.seed = seed
    self.item = item
    self.block = block
  }

  /// Returns the next 64 random bits.
  @inlinable
  public mutating func next() -> UInt64 {
    if hasSecond {
      hasSecond = false
      return second
    }
    hasSecond = true
    return computeBlock()
  }

  /// Computes the next block, keeps its second number, and returns its first.
  ///
  /// The four words of the paper are the lower halves of four variables. Their upper halves are masked only where they
  /// matter: that makes a round a quarter shorter.
  @inlinable
  mutating func computeBlock() -> UInt64 {
    let lower: UInt64 = 0xFFFF_FFFF
    var (x0, x1, x2, x3) = (item, item >> 32, block, block >> 32)
    var (key0, key1) = (seed & lower, seed >> 32)
    for _ in 0..<10 {
      let product0 = (x0 & lower) &* 0xD251_1F53
      let product1 = (x2 & lower) &* 0xCD9E_8D57
      (x0, x1) = ((product1 >> 32) ^ x1 ^ key0, product1)
      (x2, x3) = ((product0 >> 32) ^ x3 ^ key1, product0)
      key0 &+= 0x9E37_79B9
      key1 &+= 0xBB67_AE85
    }
    block &+= 1
    second = (x2 & lower) | (x3 << 32)
    return (x0 & lower) | (x1 << 32)
  }
}
