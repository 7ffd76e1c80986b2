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
  /// The number of the block after those in `numbers`.
  @usableFromInline var block: UInt64
  /// The last blocks computed: eight numbers.
  @usableFromInline var numbers = Philox.noNumbers
  /// The index in `numbers` of the number that is returned next; 8 if all have been returned.
  @usableFromInline var index = 8

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
    if index == 8 {
      numbers = Philox.numbers(seed, item, block)
      // The first block comes alone: an item that needs one or two numbers shouldn't pay for eight.
      let isFirst = block == 0
      index = isFirst ? 6 : 0
      block &+= isFirst ? 1 : 4
    }
    // A tuple has no subscript; an array would be an allocation per item.
    let number = withUnsafeBytes(of: numbers) { bytes in
      bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt64.self)[index]
    }
    index &+= 1
    return number
  }
}
