import Foundation
import SeppoCheckpoint
@_spi(CheckpointStore) import SeppoMPI
import Testing

@Suite("A damaged file leads to correct results or an error, never to wrong results")
struct DamageTests {
  let folder = try! TemporaryFolder()
  let work = CheckpointWork.of(Array(0..<400))
  static func size(_ item: Int) -> Int { item % 50 == 0 ? 9_000 : 40 }

  /// Reads and completes the file, and returns whether it could be used.
  private func use() throws -> Bool {
    do {
      let journal = try SQLiteStore(folder.file()).open(for: work)
      defer { journal.close() }
      let results = try journal.results()
      for (item, bytes) in results {
        #expect(bytes == TemporaryFolder.result(item, DamageTests.size(item)), "a wrong result of item \(item)")
      }
      // New results must be stored correctly as well.
      for item in 0..<400 where results[item] == nil {
        try journal.append(item, TemporaryFolder.result(item, DamageTests.size(item)))
      }
      try journal.flush()
      let all = try journal.results()
      #expect(all.count == 400)
      for (item, bytes) in all { #expect(bytes == TemporaryFolder.result(item, DamageTests.size(item))) }
      return true
    } catch is CheckpointError {
      return false
    }
  }

  @Test("A flipped bit anywhere in the file is harmless or detected")
  func bits() throws {
    try folder.store(300, of: work, size: DamageTests.size)
    let whole = try folder.bytes()
    var generator = SystemRandomNumberGenerator()
    var rejected = 0
    for round in 0..<(20 * soak) {
      var damaged = whole
      // Half of them in the first pages, which describe the file.
      let place = Int.random(in: 0..<(round % 2 == 0 ? whole.count : 8_192), using: &generator)
      let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &generator)
      damaged[place] ^= bit
      try folder.write(damaged)
      do {
        if try !use() { rejected += 1 }
      } catch {
        Issue.record("bit \(bit) of byte \(place): \(error)")
      }
    }
    #expect(rejected > 4 * soak)
  }

  @Test("A file truncated anywhere is rejected")
  func truncated() throws {
    try folder.store(300, of: work, size: DamageTests.size)
    let whole = try folder.bytes()
    for end in stride(from: 1, to: whole.count, by: 1_777) {
      try folder.write(whole.prefix(end))
      #expect(try !use(), "truncated at \(end)")
    }
  }

  @Test("Loading detects a changed result and names its item")
  func changed() throws {
    try folder.store(300, of: work, size: DamageTests.size)
    try folder.query("UPDATE stored SET bytes = x'00' WHERE id & 0xFFFFFFFFFF = 17")
    let journal = try SQLiteStore(folder.file()).open(for: work)
    defer { journal.close() }
    #expect(
      throws: CheckpointError.damaged(
        file: folder.file(), reason: "the result of item 17 doesn't match its checksum")
    ) { try journal.load { _, _ in } }
  }

  @Test("Loading detects a result that was moved to another item")
  func moved() throws {
    try folder.store(300, of: work, size: DamageTests.size)
    try folder.query("UPDATE stored SET id = id + 99 WHERE id & 0xFFFFFFFFFF = 299")
    let journal = try SQLiteStore(folder.file()).open(for: work)
    defer { journal.close() }
    #expect(throws: CheckpointError.self) { try journal.load { _, _ in } }
  }
}
