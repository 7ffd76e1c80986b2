/// What the ranks have in hand, noted in a checkpoint: so that after a rank's death it is known which items it may have died
/// of.
struct InFlightNotes {
  private struct Held {
    var items: Range<Int>
    let slot: Int
  }

  private let notes: any CheckpointNotes
  /// By rank.
  private var chunks: [[Held]]
  private var free: [Int] = []
  private var slots = 0

  init(_ notes: any CheckpointNotes, ranks: Int) {
    self.notes = notes
    chunks = Array(repeating: [], count: ranks)
  }

  /// To be told before the rank can have it.
  mutating func give(_ items: Range<Int>, to rank: Int) throws {
    let slot = free.popLast() ?? slots
    slots = max(slots, slot + 1)
    try notes.note(slot: slot, rank: rank, items: items)
    chunks[rank].append(Held(items: items, slot: slot))
  }

  mutating func take(_ items: Range<Int>, from rank: Int) throws {
    guard let place = chunks[rank].firstIndex(where: { $0.items.lowerBound == items.lowerBound }) else { return }
    try remove(place, of: rank)
  }

  /// The ends of these chunks have not been begun.
  mutating func takeBack(_ ends: [Range<Int>], from rank: Int) throws {
    for end in ends {
      guard let place = chunks[rank].firstIndex(where: { $0.items.upperBound == end.upperBound }) else { continue }
      let kept = chunks[rank][place].items.lowerBound..<end.lowerBound
      if kept.isEmpty {
        try remove(place, of: rank)
      } else {
        chunks[rank][place].items = kept
        try notes.note(slot: chunks[rank][place].slot, rank: rank, items: kept)
      }
    }
  }

  private mutating func remove(_ place: Int, of rank: Int) throws {
    let slot = chunks[rank].remove(at: place).slot
    try notes.clear(slot: slot)
    free.append(slot)
  }
}
