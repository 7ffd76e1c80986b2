import Testing

@testable import SeppoMPI

/// Philox 4×32 with a number of rounds, as it stands in the paper, word by word.
private func philox(_ counter: [UInt32], key: [UInt32], rounds: Int = 10) -> [UInt32] {
  var (x, k) = (counter, key)
  for _ in 0..<rounds {
    let (high0, low0) = x[0].multipliedFullWidth(by: 0xD251_1F53)
    let (high1, low1) = x[2].multipliedFullWidth(by: 0xCD9E_8D57)
    x = [high1 ^ x[1] ^ k[0], low1, high0 ^ x[3] ^ k[1], low0]
    k = [k[0] &+ 0x9E37_79B9, k[1] &+ 0xBB67_AE85]
  }
  return x
}

private func joined(_ words: ArraySlice<UInt32>) -> UInt64 {
  UInt64(words[words.startIndex]) | UInt64(words[words.startIndex + 1]) << 32
}

@Suite("The random numbers of an item")
struct ItemRandomTests {
  /// From Random123 1.14 (github.com/DEShawResearch/random123, tests/kat_vectors), lines `philox4x32 10`: the counter, the
  /// key, and the expected words.
  static let vectors: [(counter: [UInt32], key: [UInt32], expected: [UInt32])] = [
    ([0, 0, 0, 0], [0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
    (
      [0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff], [0xffff_ffff, 0xffff_ffff],
      [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
    ),
    (
      [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
      [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
    ),
  ]

  @Test("They are those of Random123's known-answer tests", arguments: vectors.indices)
  func knownAnswers(_ number: Int) {
    let (counter, key, expected) = ItemRandomTests.vectors[number]
    var random = ItemRandom(seed: joined(key[...]), item: joined(counter[..<2]), block: joined(counter[2...]))
    #expect([random.next(), random.next()] == [joined(expected[..<2]), joined(expected[2...])])
  }

  @Test("Seed and index are the key and half of the counter; the other half counts the blocks")
  func sequence() {
    for (seed, item) in [(0, 0), (42, 17), (-1, 1 << 40), (Int.min, Int.max)] {
      var random = ItemRandom(seed: seed, item: item)
      for block in 0..<100 {
        func words(_ number: Int) -> [UInt32] {
          [UInt32(truncatingIfNeeded: number), UInt32(truncatingIfNeeded: number >> 32)]
        }
        let expected = philox(words(item) + words(block), key: words(seed))
        #expect([random.next(), random.next()] == [joined(expected[..<2]), joined(expected[2...])])
      }
    }
  }

  @Test("Neighbouring items and seeds are uncorrelated")
  func correlation() {
    let count = 4_096
    func uniform(_ seed: Int, _ item: Int) -> Double {
      var random = ItemRandom(seed: seed, item: item)
      return Double.random(in: -1..<1, using: &random)
    }
    for (seed, item) in [(0, 1), (1, 0)] {
      let sum = (0..<count).reduce(0.0) { $0 + uniform(1, $1) * uniform(1 + seed, $1 + item) }
      // The standard deviation of a product is 1/3; the numbers are fixed, so this can't fail by chance.
      #expect(abs(sum / Double(count)) < 4 / (3 * Double(count).squareRoot()))
    }
  }
}
