import SeppoEngine

/// Where the values of a call go if they are consumed while it runs.
protocol ValueConsumer: AnyObject {
  /// The number of values that may be computed and not consumed.
  var capacity: Int { get }

  /// Called when all processes of the call have been forked.
  func begin()

  /// Returns the number of further blocks that may be started now.
  ///
  /// - Parameter supplied: the number of blocks so far.
  func room(supplied: Int) -> Int

  /// Whether as many values wait as may.
  var isFull: Bool { get }

  /// Waits until there is room for another block, or no more values are wanted. For a consumer on another thread.
  func waitForRoom(supplied: Int)

  /// Called when all values have been passed on.
  func complete()

  /// Whether no more values are wanted, so that the call should end.
  var isGone: Bool { get }
}

/// Hands out the blocks of a call whose items aren't all there at its start, or whose values would take too much memory at
/// once: as many as the ranks can use and the consumer has room for.
final class ItemSupply<Element: Codable & Sendable> {
  /// The maximum number of items that are drawn at a time, unless one block has more.
  private static var mostItems: Int { 1 << 18 }

  private let source: ItemSource<Element>
  private let feed: (any ItemFeed<Element>)?
  private let consumer: (any ValueConsumer)?
  /// The number of blocks that stay together.
  private let unit: Int
  /// The number of blocks so far.
  private var supplied = 0
  /// Blocks whose values an earlier job has stored and that may be consumed before their turn, as ranges, and the number of
  /// those from `supplied` on.
  private var stored: ArraySlice<Range<Int>> = []
  private var storedAhead = 0
  private(set) var isClosed = false

  /// - Parameter feed: where the items come from; nil if they are all in memory.
  init(_ source: ItemSource<Element>, _ feed: (any ItemFeed<Element>)?, _ consumer: (any ValueConsumer)?, unit: Int) {
    self.source = source
    self.feed = feed
    self.consumer = consumer
    self.unit = feed?.waitsForUnits == false ? 1 : unit
  }

  /// Notes blocks whose stored values are consumed first.
  func skip(_ done: [Range<Int>]) {
    stored = done[...]
    storedAhead = done.reduce(0) { $0 + $1.count }
  }

  /// Advances past blocks that have been supplied.
  private func advance(by more: Int) {
    supplied += more
    while let first = stored.first, first.lowerBound < supplied {
      let passed = first.clamped(to: 0..<supplied)
      storedAhead -= passed.count
      stored.removeFirst()
      if passed.count < first.count { stored.insert(supplied..<first.upperBound, at: stored.startIndex) }
    }
  }

  /// Whether the consumer has to consume values before it can get others.
  var isFull: Bool { consumer?.isFull ?? false }

  /// Whether the call should end without the rest.
  var isUnwanted: Bool { consumer?.isGone ?? false }

  /// Tells the consumer that all values have been passed on.
  ///
  /// - Returns: whether it has taken all of them.
  func complete() -> Bool {
    guard let consumer else { return true }
    consumer.complete()
    return consumer.isGone
  }

  /// Waits until there may be further blocks. For a call whose items are computed by the calling thread.
  func wait() { consumer?.waitForRoom(supplied: supplied) }

  /// Returns the number of further blocks that can be computed now.
  ///
  /// - Parameter demand: the number of blocks that the ranks could use.
  func next(_ demand: Int) -> Int {
    if isClosed { return 0 }
    let wanted = min(demand, consumer?.room(supplied: supplied + storedAhead) ?? .max)
    let more = feed.map { take(wanted, from: $0) } ?? whole(min(wanted, source.blocks.count - supplied))
    advance(by: more)
    return more
  }

  /// The number of blocks that will probably follow while the present ones are computed.
  ///
  /// - Parameter demand: as before.
  func expected(_ demand: Int) -> Int {
    if isClosed { return 0 }
    let room = consumer.map { $0.capacity / 2 } ?? demand
    return feed == nil ? min(room, source.blocks.count - supplied) : room
  }

  /// Takes items from the feed until there are enough for this number of further blocks.
  private func take(_ wanted: Int, from feed: any ItemFeed<Element>) -> Int {
    if wanted <= 0 { return 0 }
    let end = source.end(ofBlocks: supplied + min(wanted, .max - supplied))
    let most = max(ItemSupply.mostItems, source.blocks.fullSize(of: supplied))
    source.append(feed.take(atMost: min(end - source.blocks.items, most)))
    isClosed = feed.isExhausted
    return isClosed ? source.blocks.count - supplied : whole(source.blocks.completeCount - supplied)
  }

  private func whole(_ blocks: Int) -> Int {
    if feed == nil, supplied + blocks == source.blocks.count {
      isClosed = true
      return blocks
    }
    return blocks - blocks % unit
  }

  func end() { feed?.end() }
}

extension Coordinator {
  /// Adds the items that are there, as many as can be used.
  ///
  /// - Returns: whether there were any.
  @discardableResult
  mutating func supply<Element>(from supply: ItemSupply<Element>) -> Bool {
    if supply.isClosed { return false }
    let demand = demand
    let more = supply.next(demand)
    if more > 0 { handle(.supplied(more)) }
    if supply.isClosed { handle(.closed) } else { handle(.expected(supply.expected(demand))) }
    return more > 0 || supply.isClosed
  }
}
