import SeppoEngine
import Testing

@testable import SeppoMPI

@Suite("Items that are drawn while a call runs")
struct DrawnItemsTests {
  /// An item that knows whether it was freed.
  private final class Item {
    let number: Int
    init(_ number: Int) { self.number = number }
  }

  @Test("A part has the items of its range, also across pieces of memory")
  func parts() {
    let drawn = DrawnItems<Int>()
    for range in [0..<3, 3..<3, 3..<4, 4..<10] { drawn.append(Array(range)) }
    #expect(drawn.count == 10)
    for lower in 0..<10 {
      for upper in (lower + 1)...10 {
        let part = drawn.part(lower..<upper)
        withExtendedLifetime(part) { #expect(Array(part.items) == Array(lower..<upper)) }
        let pieces = [0..<3, 3..<4, 4..<10]
        #expect(part.isLasting == pieces.contains { $0.lowerBound <= lower && upper <= $0.upperBound })
      }
    }
  }

  @Test("Memory is freed when all of its items are settled, in any order")
  func release() {
    let drawn = DrawnItems<Item>()
    weak var first: Item?
    weak var fourth: Item?
    do {
      let items = (0..<6).map { Item($0) }
      (first, fourth) = (items[0], items[3])
      drawn.append(Array(items[..<3]))
      drawn.append(Array(items[3...]))
    }
    drawn.release(0..<0)
    drawn.release(1..<3)
    #expect(first != nil)
    drawn.release(3..<5)
    drawn.release(0..<1)
    #expect(first == nil && fourth != nil)
    #expect(drawn.part(5..<6).items[0].number == 5)
    drawn.release(5..<6)
    #expect(fourth == nil && drawn.count == 6)
    drawn.append([Item(6)])
    #expect(drawn.part(6..<7).items[0].number == 6)
  }

  @Test("A range across pieces of memory is released from each")
  func releaseAcross() {
    let drawn = DrawnItems<Item>()
    weak var last: Item?
    for number in 0..<4 {
      let items = [Item(2 * number), Item(2 * number + 1)]
      last = items[1]
      drawn.append(items)
    }
    drawn.release(1..<7)
    #expect(drawn.part(0..<1).items[0].number == 0 && last != nil)
    drawn.release(7..<8)
    #expect(last == nil)
  }

  @Test("A part keeps its items after they are released")
  func partOutlives() {
    let drawn = DrawnItems<Item>()
    drawn.append([Item(5)])
    let part = drawn.part(0..<1)
    drawn.release(0..<1)
    withExtendedLifetime(part) { #expect(part.items[0].number == 5) }
  }
}

@Suite("The supply of items")
struct ItemSupplyTests {
  private final class Numbers: ItemFeed {
    private var next = 0
    private let count: Int
    let waitsForUnits: Bool
    private(set) var isOver = false

    init(_ count: Int, waitsForUnits: Bool = true) {
      self.count = count
      self.waitsForUnits = waitsForUnits
    }

    var isExhausted: Bool { next == count }

    func take(atMost most: Int) -> [Int] {
      defer { next = min(count, next + most) }
      return Array(next..<min(count, next + most))
    }

    func end() { isOver = true }
  }

  private final class Consumer: ValueConsumer {
    func begin() {}
    let capacity: Int
    var consumed = 0
    var isGone = false
    private(set) var isComplete = false

    init(_ capacity: Int) { self.capacity = capacity }

    func room(supplied: Int) -> Int { capacity - (supplied - consumed) }
    var isFull: Bool { room(supplied: 0) <= 0 }
    func waitForRoom(supplied: Int) {}
    func complete() { isComplete = true }
  }

  private func source(_ feed: Numbers) -> ItemSource<Int> {
    ItemSource(.fed(feed), mostBlocks: nil, hasTimeout: false)
  }

  @Test("No more items are taken than the ranks can use and the consumer has room for")
  func room() {
    let (feed, consumer) = (Numbers(10), Consumer(4))
    let source = source(feed)
    let supply = ItemSupply(source, feed, consumer, unit: 1)
    #expect(supply.next(3) == 3)
    #expect(supply.next(3) == 1)
    #expect(supply.next(3) == 0 && source.blocks.items == 4)
    #expect(supply.expected(3) == 2, "half of the capacity is expected")
    consumer.consumed = 2
    #expect(supply.next(9) == 2 && !supply.isClosed)
    consumer.consumed = 6
    #expect(supply.next(9) == 4 && supply.isClosed)
    #expect(supply.next(9) == 0 && supply.expected(9) == 0)
    supply.end()
    #expect(feed.isOver)
  }

  @Test("Blocks that stay together wait for the last of them, but for the rest at the end")
  func units() {
    let feed = Numbers(10)
    let supply = ItemSupply(source(feed), feed, nil, unit: 4)
    #expect(supply.next(6) == 4)
    #expect(supply.next(3) == 0)
    #expect(supply.next(9) == 6 && supply.isClosed)
  }

  @Test("A feed that doesn't wait for the rest of a unit gives what is there")
  func noUnits() {
    let feed = Numbers(10, waitsForUnits: false)
    let supply = ItemSupply(source(feed), feed, nil, unit: 4)
    #expect((0..<4).map { _ in supply.next(3) } == [3, 3, 3, 1])
  }

  @Test("A consumer that has left wants nothing, and is told the end of the call")
  func gone() {
    let (feed, consumer) = (Numbers(10), Consumer(4))
    let supply = ItemSupply(source(feed), feed, consumer, unit: 1)
    #expect(!supply.isUnwanted && !supply.complete() && consumer.isComplete)
    consumer.isGone = true
    #expect(supply.isUnwanted && supply.complete())
    let alone = ItemSupply(source(feed), feed, nil, unit: 1)
    #expect(!alone.isUnwanted && alone.complete())
  }
}

@Suite("The size of results")
struct ResultSizeTests {
  @Test("It is the size in memory and that of the encoding")
  func first() {
    var size = ResultSize()
    #expect(size.bytes == nil)
    size.add(Int.self, count: 0, bytes: 0)
    #expect(size.bytes == nil)
    withUnsafePointer(to: 1.5) { size.add($0) }
    #expect(size.bytes == 8)
    var text = ResultSize()
    withUnsafePointer(to: String(repeating: "x", count: 1_000)) { text.add($0) }
    #expect((1_000...1_040).contains(text.bytes ?? 0))
  }

  @Test("It grows at once, and shrinks slowly")
  func follows() {
    var size = ResultSize()
    size.add(UInt8.self, count: 10, bytes: 990)
    #expect(size.bytes == 100)
    size.add(UInt8.self, count: 1, bytes: 999)
    #expect(size.bytes == 1_000)
    size.add(UInt8.self, count: 1, bytes: 199)
    #expect(size.bytes == 800)
  }
}
