import SeppoEngine
import Testing

@Suite("Blocks of items")
struct BlocksTests {
  @Test(
    "Each item is in exactly one block, and all blocks except the last have the same size", arguments: 0...40,
    [1, 2, 3, 7, 64])
  func partition(items: Int, most: Int) {
    let blocks = Blocks(of: items, atMost: most)
    #expect(blocks.count <= most)
    #expect((0..<blocks.count).flatMap { blocks.items(of: $0..<($0 + 1)) } == Array(0..<items))
    #expect(blocks.items(of: 0..<blocks.count) == 0..<items)
    for block in 0..<blocks.count {
      let range = blocks.items(of: block..<(block + 1))
      #expect(range.allSatisfy { blocks.block(of: $0) == block })
      #expect(range.count == blocks.fullSize(of: block) || block == blocks.count - 1 && !range.isEmpty)
    }
  }

  @Test("A block of very many items doesn't have too many of them")
  func large() {
    let blocks = Blocks(of: .max, atMost: 1_024)
    #expect(blocks.fullSize(of: 0) == 1 << 17)
    #expect(blocks.items(of: 5..<7) == (5 << 17)..<(7 << 17))
    #expect(blocks.items(of: 0..<blocks.count) == 0..<Int.max)
    #expect(Blocks(of: 100_000_000, atMost: 1_024).fullSize(of: 0) == 97_657)
  }

  @Test("Without a limit, each item is a block of its own")
  func single() {
    let blocks = Blocks(of: 5)
    #expect(blocks.count == 5 && blocks.areSingle)
    #expect(blocks.items(of: 2..<4) == 2..<4)
  }

  @Test("An empty range of blocks has no items")
  func none() {
    #expect(Blocks(of: 10, atMost: 4).items(of: 2..<2).isEmpty)
    #expect(Blocks(of: 0, atMost: 4).count == 0)
  }

  @Test("A range of items is mapped to its blocks, and invalid sizes are rejected")
  func known() {
    let blocks = Blocks(of: 10, size: .fixed(4))
    #expect(blocks?.count == 3)
    #expect(blocks?.blocks(of: 3..<5) == 0..<2)
    #expect(blocks?.blocks(of: 8..<10) == 2..<3)
    #expect(Blocks(of: 10, size: .fixed(0)) == nil && Blocks(of: -1, size: .growing) == nil)
  }

  @Test("Blocks that grow partition the items: 1,024 of one, then 512 of each power of two")
  func growing() throws {
    for items in [0, 1, 5, 1_024, 1_025, 2_047, 2_048, 100_000] {
      let blocks = try #require(Blocks(of: items, size: .growing))
      var next = 0
      for block in 0..<blocks.count {
        let range = blocks.items(of: block..<(block + 1))
        #expect(range.lowerBound == next && !range.isEmpty)
        #expect(range.count == blocks.fullSize(of: block) || range.upperBound == items)
        #expect(blocks.block(of: range.lowerBound) == block && blocks.block(of: range.upperBound - 1) == block)
        next = range.upperBound
      }
      #expect(next == items)
      #expect(blocks.items(of: 0..<blocks.completeCount).upperBound <= items)
    }
    #expect([0, 1_023, 1_024, 1_535, 1_536].map { GrowingBlocks.size(of: $0) } == [1, 1, 2, 2, 4])
    #expect(GrowingBlocks.block(of: .max) > 0 && Blocks(of: .max, size: .growing)?.count == 1_024 + 53 * 512)
    #expect(Blocks.Size(code: Blocks.Size.growing.code) == .growing && Blocks.Size(code: 7) == .fixed(7))
  }

  @Test("The largest number of items doesn't overflow")
  func many() {
    let blocks = Blocks(of: .max, size: .fixed(.max / 999))
    #expect(blocks?.count == 1_000 && blocks?.items(of: 0..<1_000) == 0..<Int.max)
  }
}
