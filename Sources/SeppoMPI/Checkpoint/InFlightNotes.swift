/// Records the chunks in flight in a checkpoint, so that after a rank's death the items that may have caused it are
/// known.
struct InFlightNotes {
  private struct Entry {
    var items: Range<Int>
    let slot: Int
  }

  private let notes: any CheckpointNotes
  /// By rank.
  private var chunks: [[Entry]]
  private var freeSlots: [Int] = []
  private var slotCount = 0

  init(_ notes: any CheckpointNotes, ranks: Int) {
    self.notes = notes
    chunks = Array(repeating: [], count: ranks)
  }

  /// Records a chunk. Called before the chunk is sent.
  mutating func sent(_ items: Range<Int>, to rank: Int) throws {
    let slot = freeSlots.popLast() ?? slotCount
    slotCount = max(slotCount, slot + 1)
    try notes.note(slot: slot, rank: rank, items: items)
    chunks[rank].append(Entry(items: items, slot: slot))
  }

  mutating func returned(_ items: Range<Int>, from rank: Int) throws {
    guard let index = chunks[rank].firstIndex(where: { $0.items.lowerBound == items.lowerBound }) else { return }
    try remove(index, of: rank)
  }

  /// Removes the ends of chunks that the rank has not started.
  mutating func recalled(_ ends: [Range<Int>], from rank: Int) throws {
    for end in ends {
      guard let index = chunks[rank].firstIndex(where: { $0.items.upperBound == end.upperBound }) else { continue }
      let kept = chunks[rank][index].items.lowerBound..<end.lowerBound
      if kept.isEmpty {
        try remove(index, of: rank)
      } else {
        chunks[rank][index].items = kept
        try notes.note(slot: chunks[rank][index].slot, rank: rank, items: kept)
      }
    }
  }

  private mutating func remove(_ index: Int, of rank: Int) throws {
    let slot = chunks[rank].remove(at: index).slot
    try notes.clear(slot: slot)
    freeSlots.append(slot)
  }
}
