import Foundation
import SeppoCheckpoint
@_spi(CheckpointStore) import SeppoMPI
import Testing

@Suite("Stored results can be loaded again")
struct StoringTests {
  let folder = try! TemporaryFolder()

  @Test("Flushed results of any size and order are there when the file is opened again")
  func again() throws {
    let work = CheckpointWork.of(Array(0..<5_000))
    let sizes = { (item: Int) in item % 500 == 0 ? 100_000 : item % 3 == 0 ? 0 : item % 40 }
    let journal = try SQLiteStore(folder.file()).open(for: work)
    for item in (0..<5_000).reversed() where item % 7 != 0 {
      try journal.append(item, TemporaryFolder.result(item, sizes(item)))
    }
    try journal.flush()
    journal.close()
    let opened = try SQLiteStore(folder.file()).open(for: work)
    defer { opened.close() }
    let expected = (0..<5_000).filter { $0 % 7 != 0 }
    #expect(opened.stored == expected.count)
    #expect(
      try opened.results()
        == Dictionary(uniqueKeysWithValues: expected.map { ($0, TemporaryFolder.result($0, sizes($0))) }))
    #expect(opened.quarantine.isEmpty)
  }

  @Test("Closing leaves no other files")
  func nothingBeside() throws {
    try folder.store(10, of: .of(Array(0..<10)))
    #expect(try folder.contents() == ["fits.sqlite"])
  }

  @Test("An empty file and an empty map are valid")
  func empty() throws {
    try folder.write(Data())
    try folder.store(0, of: .of([]))
    #expect(refusal(folder.file(), .of([])) == nil)
  }

  @Test("The sqlite3 shell shows each result with its time, rank, host and duration")
  func queries() throws {
    let journal = try SQLiteStore(folder.file(), label: "fits", json: true).open(for: .of([1, 2, 3, 4]))
    try journal.append(2, [1, 2], value: ["b": 1.5, "a": Double.nan], host: "node7")
    try journal.append(0, [3], value: Unwritable())
    try journal.flush()
    journal.close()
    #expect(
      try folder.query("SELECT label, item, time, rank, host, seconds, hex(bytes), json FROM results")
        == """
        fits|0|2026-01-01 00:00:00|3|node1|0.25|03|
        fits|2|2026-01-01 00:00:00|3|node7|0.25|0102|{"a":"NaN","b":1.5}

        """)
    #expect(try folder.query("PRAGMA application_id; PRAGMA user_version") == "1399156848\n4\n")
    #expect(try folder.query("SELECT name FROM jobs").contains("process \(getpid()) on "))
  }

  struct Unwritable: Encodable {
    func encode(to encoder: any Encoder) throws {
      throw EncodingError.invalidValue(self, .init(codingPath: [], debugDescription: "not in JSON"))
    }
  }

  @Test("Storing an item again replaces its result")
  func twice() throws {
    let journal = try SQLiteStore(folder.file()).open(for: .of([1, 2]))
    try journal.append(1, [1])
    try journal.flush()
    try journal.append(1, [2])
    try journal.flush()
    #expect(try journal.results() == [1: [2]])
    #expect(journal.stored == 1)
    journal.close()
  }

  @Test("A failed flush stores nothing and discards what was appended")
  func allOrNothing() throws {
    let work = CheckpointWork.of(Array(0..<10))
    try folder.store(1, of: work)
    try folder.query(
      """
      CREATE TRIGGER seventh BEFORE INSERT ON stored WHEN NEW.id & 0xFFFFFFFFFF = 7
      BEGIN SELECT RAISE(ABORT, 'not this one'); END
      """)
    let journal = try SQLiteStore(folder.file()).open(for: work)
    try journal.append(5, [5], host: "node8")
    try journal.append(7, [7])
    #expect(throws: CheckpointError.damaged(file: folder.file(), reason: "not this one")) { try journal.flush() }
    try journal.append(6, [6], host: "node8")
    try journal.flush()
    journal.close()
    let opened = try SQLiteStore(folder.file()).open(for: work)
    #expect(try opened.results() == [0: TemporaryFolder.result(0), 6: [6]])
    opened.close()
    #expect(try folder.query("SELECT host FROM results WHERE item = 6") == "node8\n")
  }

  @Test("A result that is too long for SQLite is rejected, and the others are stored")
  func tooLong() throws {
    let journal = try SQLiteStore(folder.file(), json: true).open(for: .of([1, 2, 3]))
    try journal.append(0, [1])
    // Memory that is never touched uses no space.
    let count = 1_000_000_001
    let memory = try #require(calloc(1, count))
    defer { free(memory) }
    func append(_ bytes: Int) throws {
      try journal.append(
        CheckpointResult(
          item: 1, bytes: UnsafeRawBufferPointer(start: memory, count: bytes), value: 0, time: 0, rank: 0,
          host: "node1",
          seconds: 1))
    }
    for bytes in [count, 1_000_000_000] { #expect(throws: CheckpointError.self) { try append(bytes) } }
    try journal.append(2, [3])
    try journal.flush()
    #expect(try journal.results() == [0: [1], 2: [3]])
    journal.close()
  }

  @Test("Errors of load's body are rethrown, and the file stays usable")
  func bodyThrows() throws {
    struct Mine: Error {}
    let journal = try SQLiteStore(folder.file()).open(for: .of([1, 2]))
    try journal.append(1, [1])
    try journal.flush()
    #expect(throws: Mine.self) { try journal.load { _, _ in throw Mine() } }
    try journal.append(0, [1])
    try journal.flush()
    #expect(journal.stored == 2)
    journal.close()
  }

  @Test("Every option of .sqlite can be set or left out")
  func options() {
    _ = Checkpoint.sqlite("fits.sqlite")
    _ = Checkpoint.sqlite(
      "fits.sqlite", label: "fits", json: true, resume: .perItem, mostAtRisk: 10, longestAtRisk: .seconds(5), deaths: 3)
  }
}
