import Foundation
@_spi(CheckpointStore) import SeppoMPI
import Testing

@testable import SeppoCheckpoint

@Suite("Items in flight when a job died")
struct InFlightFileTests {
  let folder = try! TemporaryFolder()
  let work = CheckpointWork.of(Array(0..<100))

  /// Leaves the files as a killed job does, by restoring the file that `close()` removes.
  private func die(at work: CheckpointWork, _ body: (any CheckpointJournal) throws -> Void) throws {
    let journal = try SQLiteStore(folder.file()).open(for: work)
    try body(journal)
    let notes = try folder.bytes("fits.sqlite-inhand")
    journal.close()
    try folder.write(notes, "fits.sqlite-inhand")
  }

  private func quarantine(_ work: CheckpointWork) throws -> [CheckpointQuarantinedItem] {
    let journal = try SQLiteStore(folder.file()).open(for: work)
    defer { journal.close() }
    return journal.quarantine
  }

  private func quarantined(_ deaths: KeyValuePairs<Int, Int>, certain: Set<Int> = []) -> [CheckpointQuarantinedItem] {
    deaths.map { CheckpointQuarantinedItem(item: $0, deaths: $1, isCertain: certain.contains($0)) }
  }

  @Test("Items whose own processes have died are added to those that were in flight")
  func crashes() {
    var quarantine = Quarantine([.init(items: 2..<6, deaths: 1), .init(items: 8..<9, deaths: 0)])
    quarantine.add(crashes: [4: 2, 0: 1, 8: 1, 20: 3])
    #expect(quarantine.items == quarantined([0: 1, 2: 1, 3: 1, 4: 3, 5: 1, 8: 1, 20: 3], certain: [0, 4, 8, 20]))
  }

  @Test("If the whole job died, all items in flight without a result are quarantined, without a death")
  func whole() throws {
    try die(at: work) { journal in
      try journal.note(slot: 0, rank: 0, items: 0..<3)
      try journal.note(slot: 1, rank: 1, items: 10..<12)
      try journal.note(slot: 2, rank: 2, items: 20..<22)
      try journal.append(1, [1])
      try journal.flush()
      try journal.clear(slot: 1)
      try journal.note(slot: 2, rank: 2, items: 30..<31)
    }
    #expect(try quarantine(work) == quarantined([0: 0, 2: 0, 30: 0]))
    #expect(try quarantine(work) == quarantined([0: 0, 2: 0, 30: 0]))
    #expect(try folder.contents() == ["fits.sqlite"])
  }

  @Test("If ranks are known to be dead, only their items are quarantined, with one death each time")
  func deaths() throws {
    for _ in 0..<2 {
      try die(at: work) { journal in
        try journal.note(slot: 0, rank: 4, items: 7..<9)
        try journal.note(slot: 1, rank: 5, items: 10..<12)
        try journal.note(slot: 2, rank: 6, items: 7..<8)
        try journal.note(dead: [5])
        try journal.note(dead: [4, 6])
      }
    }
    #expect(try quarantine(work) == quarantined([7: 2, 8: 2]))
    try die(at: work) { journal in
      try journal.append(8, [1])
      try journal.flush()
      try journal.note(slot: 0, rank: 4, items: 7..<8)
    }
    #expect(try quarantine(work) == quarantined([7: 2]))
  }

  @Test("Notes are counted once, even if the job that reads them is killed before it replaces them")
  func once() throws {
    try die(at: work) { journal in
      try journal.note(slot: 0, rank: 4, items: 7..<8)
      try journal.note(dead: [4])
    }
    let notes = try folder.bytes("fits.sqlite-inhand")
    #expect(try quarantine(work) == quarantined([7: 1], certain: [7]))
    try folder.write(notes, "fits.sqlite-inhand")
    #expect(try quarantine(work) == quarantined([7: 1], certain: [7]))
  }

  @Test("Notes of another call in the file are also read")
  func otherCall() throws {
    let other = CheckpointWork.of(Array(0..<5), at: "Fits/Fits.swift:50")
    try die(at: work) { journal in try journal.note(slot: 9, rank: 4, items: 7..<8) }
    #expect(try quarantine(other) == [])
    #expect(try quarantine(work) == quarantined([7: 0]))
  }

  @Test("A normal end removes the notes, except if ranks have died")
  func closed() throws {
    let journal = try SQLiteStore(folder.file()).open(for: work)
    try journal.note(slot: 0, rank: 4, items: 7..<8)
    journal.close()
    #expect(try quarantine(work) == [])
    let dying = try SQLiteStore(folder.file()).open(for: work)
    try dying.note(slot: 0, rank: 4, items: 7..<8)
    try dying.note(dead: [4])
    dying.close()
    #expect(try quarantine(work) == quarantined([7: 1], certain: [7]))
  }

  @Test("Notes belong to the file under all its names: a dangling link, a hard link")
  func names() throws {
    try FileManager.default.createSymbolicLink(atPath: folder.file("a link"), withDestinationPath: "fits.sqlite")
    let other = folder.file("another")
    for (round, name) in ["a link", "fits.sqlite", "another"].enumerated() {
      if name == "another" { link(folder.file(), other) }
      let journal = try SQLiteStore(folder.file(name)).open(for: work)
      #expect(journal.quarantine == (round == 0 ? [] : quarantined([7: round], certain: [7])), "by \(name)")
      try journal.note(slot: 0, rank: 4, items: 7..<8)
      try journal.note(dead: [4])
      journal.close()
    }
    #expect(try quarantine(work) == quarantined([7: 3], certain: [7]))
    #expect(try folder.contents() == ["a link", "another", "fits.sqlite"])
  }

  @Test("Changed items are no longer quarantined")
  func changed() throws {
    let journal = try SQLiteStore(folder.file(), resume: .perItem).open(for: work)
    try journal.note(slot: 0, rank: 4, items: 7..<8)
    try journal.note(dead: [4])
    journal.close()
    let opened = try SQLiteStore(folder.file(), resume: .perItem).open(for: .of(Array(0..<7) + Array(8..<100)))
    #expect(opened.quarantine == [])
    opened.close()
  }

  @Test("Damaged notes are ignored, and are never an error")
  func damaged() throws {
    try die(at: work) { journal in
      try journal.note(slot: 0, rank: 4, items: 7..<8)
      try journal.note(slot: 1, rank: 5, items: 9..<10)
      try journal.note(dead: [4])
    }
    let notes = try folder.bytes("fits.sqlite-inhand")
    let database = try folder.bytes()
    var generator = SystemRandomNumberGenerator()
    // Damage in unused parts has no effect.
    let allowed = [
      [], quarantined([7: 1], certain: [7]), quarantined([7: 1]), quarantined([7: 0, 9: 0]), quarantined([7: 0]),
      quarantined([9: 0]),
    ]
    for round in 0..<200 {
      var damaged = notes
      switch round % 4 {
      case 0: damaged = damaged.prefix(Int.random(in: 0..<damaged.count, using: &generator))
      case 1: damaged[notes.count - 64 + Int.random(in: 0..<64, using: &generator)] ^= 1 << (round / 4 % 8)
      case 2: damaged[512 + Int.random(in: 0..<24, using: &generator)] ^= 1 << (round / 4 % 8)
      default: damaged[Int.random(in: 0..<60, using: &generator)] ^= 1 << (round / 4 % 8)
      }
      try folder.write(database)
      try folder.write(damaged, "fits.sqlite-inhand")
      let quarantine = try quarantine(work)
      #expect(allowed.contains(quarantine), "round \(round): \(quarantine)")
    }
    try folder.write(database)
    try folder.write(Data("not ours".utf8), "fits.sqlite-inhand")
    #expect(try quarantine(work) == [])
  }

  @Test("Ranges are merged and split as counting item by item does")
  func entries() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<300 {
      var quarantine = Quarantine()
      var counted: [Int: Int] = [:]
      var certain: Set<Int> = []
      for _ in 0..<4 {
        let holdings = (0..<Int.random(in: 0..<6, using: &generator)).map { slot in
          let lower = Int.random(in: 0..<40, using: &generator)
          return InFlightRecord.Holding(
            rank: slot % 3, items: lower..<lower + Int.random(in: 1..<12, using: &generator))
        }
        let dead = Set((0..<3).filter { _ in Int.random(in: 0..<3, using: &generator) == 0 })
        let held = Set(holdings.filter { dead.isEmpty || dead.contains($0.rank) }.flatMap(\.items))
        for item in held { counted[item, default: 0] += dead.isEmpty ? 0 : 1 }
        for rank in dead {
          let items = holdings.filter { $0.rank == rank }.flatMap(\.items)
          if dead.count == 1, items.count == 1 { certain.insert(items[0]) }
        }
        quarantine.add(InFlightRecord(run: Data(), call: 1, dead: dead, holdings: holdings))
        let stored = (0..<60).filter { _ in Int.random(in: 0..<10, using: &generator) == 0 }
        for item in stored { counted[item] = nil }
        certain.subtract(stored)
        quarantine = quarantine.without { items, body in stored.filter(items.contains).forEach(body) }
        #expect(
          quarantine.items
            == counted.sorted { $0.key < $1.key }
            .map { CheckpointQuarantinedItem(item: $0.key, deaths: $0.value, isCertain: certain.contains($0.key)) })
      }
    }
  }
}
