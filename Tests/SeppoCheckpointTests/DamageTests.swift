import Foundation
import SeppoCheckpoint
@_spi(CheckpointStore) import SeppoMPI
import Testing

@Suite("A damaged file gives the right results or an error, never wrong ones")
struct DamageTests {
  let folder = try! Folder()
  let work = CheckpointWork.of(Array(0..<400))
  static func size(_ item: Int) -> Int { item % 50 == 0 ? 9_000 : 40 }

  /// - Returns: whether it could be used.
  private func use() throws -> Bool {
    do {
      let journal = try SQLiteStore(folder.file()).open(for: work)
      defer { journal.close() }
      let results = try journal.results()
      for (item, bytes) in results {
        #expect(bytes == Folder.result(item, DamageTests.size(item)), "a wrong result of item \(item)")
      }
      // And what is computed now must be as good.
      for item in 0..<400 where results[item] == nil {
        try journal.append(item, Folder.result(item, DamageTests.size(item)))
      }
      try journal.flush()
      let all = try journal.results()
      #expect(all.count == 400)
      for (item, bytes) in all { #expect(bytes == Folder.result(item, DamageTests.size(item))) }
      return true
    } catch is CheckpointError {
      return false
    }
  }

  @Test("A bit that has changed, anywhere")
  func bits() throws {
    try folder.store(300, of: work, size: DamageTests.size)
    let whole = try folder.bytes()
    var generator = SystemRandomNumberGenerator()
    var refused = 0
    for round in 0..<(20 * soak) {
      var damaged = whole
      // Half of them where the file says how it is made.
      let place = Int.random(in: 0..<(round % 2 == 0 ? whole.count : 8_192), using: &generator)
      let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &generator)
      damaged[place] ^= bit
      try folder.write(damaged)
      do {
        if try !use() { refused += 1 }
      } catch {
        Issue.record("bit \(bit) of byte \(place): \(error)")
      }
    }
    #expect(refused > 4 * soak)
  }

  @Test("One that is cut off, anywhere")
  func cut() throws {
    try folder.store(300, of: work, size: DamageTests.size)
    let whole = try folder.bytes()
    for end in stride(from: 1, to: whole.count, by: 1_777) {
      try folder.write(whole.prefix(end))
      #expect(try !use(), "cut off at \(end)")
    }
  }

  @Test("A result that was changed is noticed when it is loaded, and named")
  func changed() throws {
    try folder.store(300, of: work, size: DamageTests.size)
    try folder.ask("UPDATE stored SET bytes = x'00' WHERE id & 0xFFFFFFFFFF = 17")
    let journal = try SQLiteStore(folder.file()).open(for: work)
    defer { journal.close() }
    #expect(
      throws: CheckpointError.damaged(
        file: folder.file(), reason: "the result of item 17 isn't what was stored")
    ) { try journal.load { _, _ in } }
  }

  @Test("One that has come to be another item's, too")
  func moved() throws {
    try folder.store(300, of: work, size: DamageTests.size)
    try folder.ask("UPDATE stored SET id = id + 99 WHERE id & 0xFFFFFFFFFF = 299")
    let journal = try SQLiteStore(folder.file()).open(for: work)
    defer { journal.close() }
    #expect(throws: CheckpointError.self) { try journal.load { _, _ in } }
  }
}
