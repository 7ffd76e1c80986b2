@_spi(CheckpointStore) import SeppoMPI

/// Items that were in a rank's hands when a job died, and how often.
struct Quarantine: Equatable {
  struct Entry: Equatable {
    var items: Range<Int>
    var deaths: Int
    /// Whether it is certain that a rank died at just these.
    var isCertain = false
  }

  /// Lowest first, none over another. Stretches, because a rank may have had a million items in hand.
  private(set) var entries: [Entry] = []

  init(_ entries: [Entry] = []) { self.entries = entries }

  /// Adds what a job had in hand when it died: a death to each item that a dead rank held, whoever else held it too. Only
  /// where nobody knows whom the job died of, every item in hand is suspected.
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

  /// Whether one item is all that a dead rank had. Where several have died at once, as with their host, it isn't.
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

  /// Without the items that have a result.
  ///
  /// - Parameter stored: hands over, lowest first, those items of a range that have one.
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

  /// Without the items beyond the last.
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
