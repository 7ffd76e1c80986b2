import Foundation
import SeppoCheckpoint
import SeppoMPI
import Testing

@Suite("Items that are the same keep their results, where that was asked for")
struct PerItemTests {
  let folder = try! Folder()

  private func stored(_ items: [Int], _ resume: Checkpoint.Resume = .perItem) throws -> [Int] {
    let journal = try SQLiteStore(folder.file(), resume: resume).open(for: .of(items))
    defer { journal.close() }
    let results = try journal.results()
    for (item, bytes) in results { #expect(bytes == Folder.result(item)) }
    #expect(journal.stored == results.count)
    return results.keys.sorted()
  }

  @Test("Those that have changed are computed again; more and fewer items are no error")
  func changes() throws {
    try folder.store(6, of: .of(Array(0..<10)), resume: .perItem)
    #expect(try stored([0, 1, 99, 3, 4, 5, 6, 7, 8, 9]) == [0, 1, 3, 4, 5])
    #expect(try stored([0, 1, 99]) == [0, 1])
    #expect(try stored(Array(0..<12)) == [0, 1, 3, 4, 5])
    #expect(try stored([1, 1, 2, 3]) == [1, 3])
    #expect(try folder.ask("SELECT count(*) FROM stored") == "4\n")
  }

  @Test("A file without the items' digests gets them, where the items are the same")
  func fillIn() throws {
    try folder.store(6, of: .of(Array(0..<10)))
    #expect(try stored(Array(0..<10)).count == 6)
    #expect(try stored([7] + Array(1..<10)) == [1, 2, 3, 4, 5])
  }

  @Test("Where they aren't, it is refused and left as it was")
  func noDigests() throws {
    try folder.store(6, of: .of(Array(0..<10)))
    let before = try folder.bytes()
    guard case .otherWork(_, _, let stored, _) = refusal(folder.file(), .of(Array(0..<11)), resume: .perItem) else {
      Issue.record("not refused")
      return
    }
    #expect(stored.contains("without a digest of each"))
    #expect(try folder.bytes() == before)
  }

  @Test("A file with them is good for a map of the whole, which goes on storing them")
  func whole() throws {
    try folder.store(3, of: .of(Array(0..<10)), resume: .perItem)
    try folder.store(6, of: .of(Array(0..<10)))
    #expect(refusal(folder.file(), .of(Array(0..<11))) != nil)
    #expect(try stored([0, 1, 2, 3, 4, 77, 6, 7]) == [0, 1, 2, 3, 4])
  }
}
