@_spi(CheckpointStore) import SeppoMPI

/// Items that were in flight when a job died, with the number of deaths.
struct Quarantine: Equatable {
  struct Entry: Equatable {
    var items: Range<Int>
    var deaths: Int
    /// Whether it is certain that a rank died computing these items.
    var isCertain = false
  }

  /// Disjoint ranges in ascending order. Ranges, because a rank may have a million items in flight.
  private(set) var entries: [Entry] = []

  init(_ entries: [Entry] = []) { self.entries = entries }

  /// Adds the items that were in flight when a job died. Each item of a dead rank counts one more death. If no rank is
  /// known to have died, all items in flight are added without a death.
  mutating func add(_ notes: InFlightRecord) {
    var edges: [(item: Int, change: Change)] = []
    for entry in entries {
      let certain = entry.isCertain ? 1 : 0
      edges.append((entry.items.lowerBound, Change(known: 1, deaths: entry.deaths, certain: certain)))
      edges.append((entry.items.upperBound, Change(known: -1, deaths: -entry.deaths, certain: -certain)))
    }
    for holding in notes.holdings where notes.dead.isEmpty || notes.dead.contains(holding.rank) {
      let certain = isCertain(holding, notes) ? 1 : 0
      edges.append((holding.items.lowerBound, Change(held: 1, certain: certain)))
      edges.append((holding.items.upperBound, Change(held: -1, certain: -certain)))
    }
    edges.sort { $0.item < $1.item }
    entries = []
    var now = Change()
    var from = 0
    for edge in edges {
      if from < edge.item, now.known > 0 || now.held > 0 {
        append(
          from..<edge.item, deaths: now.deaths + (now.held > 0 && !notes.dead.isEmpty ? 1 : 0),
          isCertain: now.certain > 0)
      }
      now.add(edge.change)
      from = edge.item
    }
  }

  /// Adds items whose own processes have died, with the number of deaths.
  mutating func add(crashes: [Int: Int]) {
    for (item, deaths) in crashes.sorted(by: { $0.key < $1.key }) {
      let known = entries.first { $0.items.contains(item) }?.deaths ?? 0
      // The rest of an entry with several items stays.
      self = without { items, body in if items.contains(item) { body(item) } }
      let entry = Entry(items: item..<(item + 1), deaths: known + deaths, isCertain: true)
      entries.insert(entry, at: entries.firstIndex { $0.items.lowerBound > item } ?? entries.endIndex)
    }
  }

  /// Whether the rank died with this single item in flight, and no other rank died. When a host fails, several ranks
  /// die.
  private func isCertain(_ holding: InFlightRecord.Holding, _ notes: InFlightRecord) -> Bool {
    notes.dead == [holding.rank] && holding.items.count == 1
      && notes.holdings.count { $0.rank == holding.rank } == 1
  }

  private struct Change {
    var known = 0
    var deaths = 0
    var held = 0
    var certain = 0

    mutating func add(_ other: Change) {
      known += other.known
      deaths += other.deaths
      held += other.held
      certain += other.certain
    }
  }

  private mutating func append(_ items: Range<Int>, deaths: Int, isCertain: Bool) {
    if let last = entries.last, last.items.upperBound == items.lowerBound, last.deaths == deaths,
      last.isCertain == isCertain
    {
      entries[entries.count - 1].items = last.items.lowerBound..<items.upperBound
    } else {
      entries.append(Entry(items: items, deaths: deaths, isCertain: isCertain))
    }
  }

  /// Returns the quarantine without the items that have a result.
  ///
  /// - Parameter stored: Calls its argument for each item of a range that has a result, in ascending order.
  func without(stored: (Range<Int>, (Int) -> Void) throws -> Void) rethrows -> Quarantine {
    var rest = Quarantine()
    for entry in entries {
      var from = entry.items.lowerBound
      try stored(entry.items) { item in
        if from < item { rest.append(from..<item, deaths: entry.deaths, isCertain: entry.isCertain) }
        from = item + 1
      }
      if from < entry.items.upperBound {
        rest.append(from..<entry.items.upperBound, deaths: entry.deaths, isCertain: entry.isCertain)
      }
    }
    return rest
  }

  /// Returns the quarantine without items from `count` on.
  func limited(to count: Int) -> Quarantine {
    Quarantine(
      entries.compactMap { entry in
        let items = entry.items.clamped(to: 0..<count)
        return items.isEmpty ? nil : Entry(items: items, deaths: entry.deaths, isCertain: entry.isCertain)
      })
  }

  var items: [CheckpointQuarantinedItem] {
    entries.flatMap { entry in
      entry.items.map { CheckpointQuarantinedItem(item: $0, deaths: entry.deaths, isCertain: entry.isCertain) }
    }
  }
}
