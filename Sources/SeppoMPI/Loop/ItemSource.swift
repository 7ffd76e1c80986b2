import SeppoEngine
import SeppoWire

/// Rank 0's items, as input for its own compute threads and as messages to other ranks.
struct ItemSource<Element: Codable & Sendable> {
  let elements: Elements<Element>
  let blocks: Blocks

  private var progression: ArithmeticProgression? {
    if case .progression(let progression) = elements { progression } else { nil }
  }

  /// Returns the items as input, without a copy.
  func input<Value>(_ chunk: Range<Int>, of type: Value.Type) -> MapTask<Element, Value>.Input {
    switch elements {
    case .memory(let items): .memory(UnsafeBufferPointer(rebasing: items[blocks.items(of: chunk)]))
    case .progression(let progression): .progression(progression)
    }
  }

  /// Returns the items of an encoded message as input.
  func input<Value>(of message: WireWriter, of type: Value.Type) -> MapTask<Element, Value>.Input {
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
    guard case .memory(let items) = elements else {
      let writer = Frame.writer(payload: 0)
      WorkFrame(chunk: chunk, blocks: blocks, progression: progression).write(to: writer.bytes)
      return Outgoing(writer: writer, chunk: chunk, bad: nil)
    }
    let range = blocks.items(of: chunk)
    let writer = Frame.writer(payload: Items.areMemory(Element.self) ? range.count * MemoryLayout<Element>.stride : 0)
    var lent = LentMemory()
    do {
      let part = UnsafeBufferPointer(rebasing: items[range])
      if lends { try Items.write(part, to: writer, lending: &lent) } else { try Items.write(part, to: writer) }
      WorkFrame(chunk: chunk, blocks: blocks, progression: nil).write(to: writer.bytes)
      return Outgoing(writer: writer, lent: lent, chunk: chunk, bad: nil)
    } catch {
      let item = range.lowerBound + error.item
      let sound = chunk.lowerBound..<blocks.block(of: item)
      if blocks.size > 1, !sound.isEmpty {
        // The writer contains part of the block that can't be sent, so start again.
        let rest = outgoing(sound, lends: lends)
        return Outgoing(writer: rest.writer, lent: rest.lent, chunk: sound, bad: (item, error))
      }
      WorkFrame(chunk: sound, blocks: blocks, progression: nil).write(to: writer.bytes)
      return Outgoing(writer: writer, lent: lent, chunk: sound, bad: (item, error))
    }
  }
}
