import SeppoEngine
import SeppoWire

/// Rank 0's items, block by block: as the input of its own compute threads, or as what is sent to other ranks.
struct ItemSource<Element: Codable & Sendable> {
  let elements: Elements<Element>
  let blocks: Blocks

  private var progression: ArithmeticProgression? {
    if case .progression(let progression) = elements { progression } else { nil }
  }

  /// The items where they are.
  func input<Value>(_ chunk: Range<Int>, of type: Value.Type) -> MapTask<Element, Value>.Input {
    switch elements {
    case .memory(let items): .memory(UnsafeBufferPointer(rebasing: items[blocks.items(of: chunk)]))
    case .progression(let progression): .progression(progression)
    }
  }

  /// The items as they were written.
  func input<Value>(of message: _WireWriter, of type: Value.Type) -> MapTask<Element, Value>.Input {
    progression.map { .progression($0) }
      ?? .wire(Frame.payload(of: UnsafeRawBufferPointer(message.bytes)), owner: message)
  }

  /// A chunk on its way to a rank.
  struct Outgoing {
    let writer: _WireWriter
    var lent = LentMemory()
    /// What of the chunk it has; less than all where an item can't be encoded.
    let chunk: Range<Int>
    /// That item, and why.
    let bad: (item: Int, error: WireError)?
  }

  /// - Parameter lends: whether the memory of long arrays may be sent from where it is.
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
        // What was written holds a part of the block that can't be sent.
        let rest = outgoing(sound, lends: lends)
        return Outgoing(writer: rest.writer, lent: rest.lent, chunk: sound, bad: (item, error))
      }
      WorkFrame(chunk: sound, blocks: blocks, progression: nil).write(to: writer.bytes)
      return Outgoing(writer: writer, lent: lent, chunk: sound, bad: (item, error))
    }
  }
}
