import Foundation
import SeppoCheckpoint
@_spi(CheckpointStore) import SeppoMPI
import Testing

@Suite("With resume: .perItem, unchanged items keep their results")
struct PerItemTests {
  let folder = try! TemporaryFolder()

  private func stored(_ items: [Int], _ resume: Checkpoint.Resume = .perItem) throws -> [Int] {
    let journal = try SQLiteStore(folder.file(), resume: resume).open(for: .of(items))
    defer { journal.close() }
    let results = try journal.results()
    for (place, bytes) in results { #expect(bytes == TemporaryFolder.result(items[place])) }
    #expect(journal.stored == results.count)
    return results.keys.sorted()
  }

  @Test("Changed items are computed again, and items may be added or removed")
  func changes() throws {
    try folder.store(6, of: .of(Array(0..<10)), resume: .perItem)
    #expect(try stored([0, 1, 99, 3, 4, 5, 6, 7, 8, 9]) == [0, 1, 3, 4, 5])
    #expect(try stored([0, 1, 99]) == [0, 1])
    #expect(try stored(Array(0..<12)) == [0, 1, 2, 3, 4, 5])
    #expect(try stored([1, 1, 2, 3]) == [0, 2, 3])
  }

  @Test("Results follow their items to any index")
  func moved() throws {
    try folder.store(6, of: .of(Array(0..<10)), resume: .perItem)
    #expect(try stored([99] + Array(0..<10)) == [1, 2, 3, 4, 5, 6])
    #expect(try stored((0..<10).reversed()) == [4, 5, 6, 7, 8, 9])
    #expect(try stored([5, 0, 5, 3, 0]) == [0, 1, 3])
    #expect(try stored(Array(0..<10)) == [0, 1, 2, 3, 4, 5])
  }

  @Test("Equal items keep their results in order")
  func equal() throws {
    let journal = try SQLiteStore(folder.file(), resume: .perItem).open(for: .of([7, 8, 7, 7]))
    for place in [0, 2, 3] { try journal.append(place, [UInt8(place)]) }
    try journal.flush()
    journal.close()
    let opened = try SQLiteStore(folder.file(), resume: .perItem).open(for: .of([7, 9, 7, 8, 7, 7]))
    #expect(try opened.results() == [0: [0], 2: [2], 4: [3]])
    opened.close()
  }

  @Test("Results of removed items are kept until the new work is complete")
  func removed() throws {
    try folder.store(6, of: .of(Array(0..<6)), resume: .perItem)
    #expect(try stored([10, 1, 3]) == [1, 2])
    #expect(try folder.query("SELECT count(*) FROM stored; SELECT count(*) FROM results") == "6\n2\n")
    #expect(try stored(Array(0..<6)) == [0, 1, 2, 3, 4, 5])
    let journal = try SQLiteStore(folder.file(), resume: .perItem).open(for: .of([10, 1, 3]))
    try journal.append(0, TemporaryFolder.result(10))
    try journal.flush()
    journal.close()
    #expect(try folder.query("SELECT count(*) FROM stored") == "3\n")
    #expect(try stored([10, 1, 3]) == [0, 1, 2])
  }

  @Test("The items' digests are added to a file without them if the items are unchanged")
  func addedDigests() throws {
    try folder.store(6, of: .of(Array(0..<10)))
    #expect(try stored(Array(0..<10)).count == 6)
    #expect(try stored([7] + Array(1..<10)) == [1, 2, 3, 4, 5])
  }

  @Test("A file without digests is rejected and unchanged if the items have changed")
  func noDigests() throws {
    try folder.store(6, of: .of(Array(0..<10)))
    let before = try folder.bytes()
    guard case .otherWork(_, _, let stored, _) = refusal(folder.file(), .of(Array(0..<11)), resume: .perItem) else {
      Issue.record("not rejected")
      return
    }
    #expect(stored.contains("without a digest of each item"))
    #expect(try folder.bytes() == before)
  }

  @Test("A map with resume: .whole can use a file with digests, and keeps storing them")
  func whole() throws {
    try folder.store(3, of: .of(Array(0..<10)), resume: .perItem)
    try folder.store(6, of: .of(Array(0..<10)))
    #expect(refusal(folder.file(), .of(Array(0..<11))) != nil)
    #expect(try stored([0, 1, 2, 3, 4, 77, 6, 7]) == [0, 1, 2, 3, 4])
  }
}
