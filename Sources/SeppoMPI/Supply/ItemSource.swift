import SeppoEngine
import SeppoProcess
import SeppoWire

/// Rank 0's items, as input for its own compute threads and as messages to other ranks.
struct ItemSource<Element: Codable & Sendable> {
  let items: CallItems<Element>
  private let allBlocks: Blocks
  /// The items that come while the call runs; nil if all are there at the start.
  private let drawn: DrawnItems<Element>?

  /// - Parameters:
  ///   - mostBlocks: the maximum number of blocks, if a value is computed from a block of items.
  ///   - hasTimeout: whether items have a time limit.
  init(_ items: CallItems<Element>, mostBlocks: Int?, hasTimeout: Bool) {
    self.items = items
    if let count = items.all?.count {
      allBlocks = Blocks(of: count, atMost: mostBlocks)
      drawn = nil
    } else {
      // A block that grows has no time limit of its own.
      allBlocks = Blocks(of: 0, size: mostBlocks == nil || hasTimeout ? .fixed(1) : .growing) ?? Blocks(of: 0)
      drawn = DrawnItems()
    }
  }

  /// The blocks of all items so far.
  var blocks: Blocks { drawn.flatMap { Blocks(of: $0.count, size: allBlocks.size) } ?? allBlocks }

  /// Whether the number of items is known only at the end.
  var isOpenEnded: Bool { drawn != nil }

  func append(_ items: [Element]) { drawn?.append(items) }

  /// Frees the items of settled blocks, if they were drawn.
  func release(_ settled: Range<Int>) { drawn?.release(blocks.items(of: settled)) }

  /// Returns the first item after this number of blocks, if there were enough items.
  func end(ofBlocks count: Int) -> Int {
    (Blocks(of: .max, size: allBlocks.size) ?? allBlocks).items(of: count..<count).lowerBound
  }

  /// Returns where further items come from; nil if all are there.
  ///
  /// - Parameter wake: called when there are new items, on any thread; nil to draw them on the calling thread.
  func feed(wake: (@Sendable () -> Void)?) throws(ThreadCreationError) -> (any ItemFeed<Element>)? {
    switch items {
    case .all: return nil
    case .fed(let feed): return feed
    case .drawn(let next):
      guard let wake else { return DirectFeed(next) }
      return try SequenceFeed(next, wake: wake)
    }
  }

  private var progression: ArithmeticProgression? {
    if case .all(.progression(let progression)) = items { progression } else { nil }
  }

  /// Returns the items as input, without a copy.
  func input(_ chunk: Range<Int>) -> TaskInput<Element> {
    switch items {
    case .all(.memory(let items)): .memory(UnsafeBufferPointer(rebasing: items[blocks.items(of: chunk)]))
    case .all(.progression(let progression)): .progression(progression)
    case .drawn, .fed: .drawn(part(blocks.items(of: chunk)))
    }
  }

  private func part(_ range: Range<Int>) -> DrawnItems<Element>.Part {
    guard let part = drawn?.part(range) else { preconditionFailure("the items are all in memory") }
    return part
  }

  /// Returns the items of an encoded message as input.
  func input(of message: WireWriter) -> TaskInput<Element> {
    progression.map { .progression($0) }
      ?? .wire(Frame.payload(of: UnsafeRawBufferPointer(message.bytes)), owner: message)
  }

  /// A message with a chunk for a rank.
  struct Outgoing {
    let writer: WireWriter
    var lent = LentMemory()
    /// The part of the chunk that it contains: not all of it if an item can't be encoded.
    let chunk: Range<Int>
    /// The item that can't be encoded, and the error.
    let bad: (item: Int, error: WireError)?
  }

  /// Encodes a chunk.
  ///
  /// - Parameter lends: whether long arrays may be sent directly from their memory.
  func outgoing(_ chunk: Range<Int>, lends: Bool) -> Outgoing {
    switch items {
    case .all(.progression):
      let writer = Frame.writer(payload: 0)
      WorkFrame(chunk: chunk, blocks: blocks, progression: progression).write(to: writer.bytes)
      return Outgoing(writer: writer, chunk: chunk, bad: nil)
    case .all(.memory(let items)):
      return outgoing(chunk, UnsafeBufferPointer(rebasing: items[blocks.items(of: chunk)]), lends: lends)
    case .drawn, .fed:
      let part = part(blocks.items(of: chunk))
      return withExtendedLifetime(part) { outgoing(chunk, part.items, lends: lends && part.isLasting) }
    }
  }

  private func outgoing(_ chunk: Range<Int>, _ part: UnsafeBufferPointer<Element>, lends: Bool) -> Outgoing {
    let range = blocks.items(of: chunk)
    let writer = Frame.writer(payload: Items.areMemory(Element.self) ? range.count * MemoryLayout<Element>.stride : 0)
    var lent = LentMemory()
    do {
      if lends { try Items.write(part, to: writer, lending: &lent) } else { try Items.write(part, to: writer) }
      WorkFrame(chunk: chunk, blocks: blocks, progression: nil).write(to: writer.bytes)
      return Outgoing(writer: writer, lent: lent, chunk: chunk, bad: nil)
    } catch {
      let item = range.lowerBound + error.item
      let sound = chunk.lowerBound..<blocks.block(of: item)
      if !blocks.areSingle, !sound.isEmpty {
        // The writer contains part of the block that can't be sent, so start again.
        let rest = outgoing(sound, UnsafeBufferPointer(rebasing: part[..<blocks.items(of: sound).count]), lends: lends)
        return Outgoing(writer: rest.writer, lent: rest.lent, chunk: sound, bad: (item, error))
      }
      WorkFrame(chunk: sound, blocks: blocks, progression: nil).write(to: writer.bytes)
      return Outgoing(writer: writer, lent: lent, chunk: sound, bad: (item, error))
    }
  }
}
