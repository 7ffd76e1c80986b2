/// Philox 4×32-10.
@usableFromInline
enum Philox {
  /// Two words of 32 bits, in the lower halves of two numbers. What their upper halves hold doesn't matter.
  @usableFromInline typealias Pair = SIMD2<UInt64>
  /// Four blocks.
  @usableFromInline typealias Numbers = (Pair, Pair, Pair, Pair)

  @inlinable static var noNumbers: Numbers { (.zero, .zero, .zero, .zero) }

  /// Returns four blocks from `block` on; if `block` is 0, only that block, as the last of the four.
  @usableFromInline
  @inline(never)
  static func numbers(_ seed: UInt64, _ item: UInt64, _ block: UInt64) -> Numbers {
    block == 0 ? (.zero, .zero, .zero, firstBlock(seed, item)) : fourBlocks(seed, item, block)
  }

  /// The four words of the paper are the lower halves of four variables. Their upper halves are masked only where they
  /// matter: that makes a round a quarter shorter.
  @inline(__always)
  private static func firstBlock(_ seed: UInt64, _ item: UInt64) -> Pair {
    let lower: UInt64 = 0xFFFF_FFFF
    var (x0, x1, x2, x3) = (item, item >> 32, 0 as UInt64, 0 as UInt64)
    var (key0, key1) = (seed & lower, seed >> 32)
    for _ in 0..<10 {
      let product0 = (x0 & lower) &* 0xD251_1F53
      let product1 = (x2 & lower) &* 0xCD9E_8D57
      (x0, x1) = ((product1 >> 32) ^ x1 ^ key0, product1)
      (x2, x3) = ((product0 >> 32) ^ x3 ^ key1, product0)
      key0 &+= 0x9E37_79B9
      key1 &+= 0xBB67_AE85
    }
    return Pair((x0 & lower) | (x1 << 32), (x2 & lower) | (x3 << 32))
  }

  /// The rounds of four blocks side by side: those of one wait for each other's products.
  @inline(__always)
  private static func fourBlocks(_ seed: UInt64, _ item: UInt64, _ block: UInt64) -> Numbers {
    var (a, b) = (Block(item, block), Block(item, block &+ 1))
    var (c, d) = (Block(item, block &+ 2), Block(item, block &+ 3))
    @inline(__always)
    func straight(_ key: Pair, _ factors: Pair) {
      a.straight(key, factors)
      b.straight(key, factors)
      c.straight(key, factors)
      d.straight(key, factors)
    }
    @inline(__always)
    func crossed(_ key: Pair, _ factors: Pair) {
      a.crossed(key, factors)
      b.crossed(key, factors)
      c.crossed(key, factors)
      d.crossed(key, factors)
    }

    let factors = Pair(0xD251_1F53, 0xCD9E_8D57)
    let step = Pair(0x9E37_79B9, 0xBB67_AE85)
    let swappedFactors = factors.swapped
    var key = Pair(seed, seed >> 32)
    for _ in 0..<2 {
      crossed(key.swapped, swappedFactors)
      straight(key &+ step, swappedFactors)
      crossed(key &+ step &+ step, factors)
      straight((key &+ step &+ step &+ step).swapped, factors)
      key &+= step &+ step &+ step &+ step
    }
    crossed(key.swapped, swappedFactors)
    straight(key &+ step, swappedFactors)
    return (a.numbers, b.numbers, c.numbers, d.numbers)
  }
}

/// One block in two vectors, for processors that multiply two words at a time.
///
/// The product of word 0 becomes words 2 and 3, that of word 2 words 0 and 1. Rather than swap both halves of the products
/// in each round, a vector holds its words in one order or the other. Four rounds, alternately `crossed` and
/// `straight`, bring back the orders there were before.
private struct Block {
  /// Words 0 and 2. At first in the order 2, 0.
  private var even: Philox.Pair
  /// Words 1 and 3. At first in the order 3, 1.
  private var odd: Philox.Pair

  @inline(__always)
  init(_ item: UInt64, _ block: UInt64) {
    even = Philox.Pair(block, item)
    odd = Philox.Pair(block >> 32, item >> 32)
  }

  /// A round in which the order of `even` changes.
  @inline(__always)
  mutating func straight(_ key: Philox.Pair, _ factors: Philox.Pair) {
    let products = even.lower &* factors
    even = products.upper ^ (odd ^ key)
    odd = products
  }

  /// A round in which the order of `even` stays the same.
  @inline(__always)
  mutating func crossed(_ key: Philox.Pair, _ factors: Philox.Pair) {
    let products = even.lower &* factors
    even = products.swapped.upper ^ (odd ^ key)
    odd = products
  }

  /// The two numbers, once the words are in the order 0, 2 and 1, 3.
  @inline(__always)
  var numbers: Philox.Pair { even.lower | (odd &<< Philox.Pair(repeating: 32)) }
}

extension Philox.Pair {
  @inline(__always)
  fileprivate var swapped: Philox.Pair { Philox.Pair(y, x) }

  @inline(__always)
  fileprivate var lower: Philox.Pair { self & Philox.Pair(repeating: 0xFFFF_FFFF) }

  @inline(__always)
  fileprivate var upper: Philox.Pair { self &>> Philox.Pair(repeating: 32) }
}
