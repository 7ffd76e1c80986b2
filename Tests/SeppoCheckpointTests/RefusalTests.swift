import Foundation
import SeppoCheckpoint
@_spi(CheckpointStore) import SeppoMPI
import Testing

@Suite("A file that can't be used is refused by name, and left as it is")
struct RefusalTests {
  let folder = try! Folder()
  let work = CheckpointWork.of(Array(0..<10))

  /// - Returns: what is said, where the file wasn't touched.
  private func untouched() throws -> CheckpointError? {
    let before = try folder.bytes()
    let error = refusal(folder.file(), work)
    #expect(try folder.bytes() == before)
    #expect(try folder.contents() == ["fits.sqlite"])
    return error
  }

  @Test("A text, however short", arguments: ["\n", "no", String(repeating: "words and words ", count: 1_000)])
  func text(_ text: String) throws {
    try folder.write(Data(text.utf8))
    guard case .notACheckpoint(_, let reason) = try untouched() else {
      Issue.record("not refused")
      return
    }
    #expect(reason.contains("it is no SQLite database"))
  }

  @Test("Another program's database", arguments: ["", "PRAGMA application_id = 77;", "PRAGMA journal_mode = WAL;"])
  func foreign(_ pragma: String) throws {
    try folder.ask(pragma + "CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine')")
    #expect(
      try untouched() == .notACheckpoint(file: folder.file(), reason: "it is another program's SQLite database"))
  }

  @Test("A newer format, an older one, and one that never was")
  func format() throws {
    try folder.store(5, of: work)
    try folder.ask("PRAGMA user_version = 7")
    #expect(try untouched() == .newerFormat(file: folder.file(), format: 7, known: 4))
    for older in [1, 2, 3] {
      try folder.ask("PRAGMA user_version = \(older)")
      #expect(try untouched() == .olderFormat(file: folder.file(), format: older, known: 4))
    }
    try folder.ask("PRAGMA user_version = 0")
    #expect(try untouched() == .damaged(file: folder.file(), reason: "there never was a format 0"))
  }

  @Test("One whose tables are others; a table of the user's own is none of our business")
  func tables() throws {
    try folder.store(5, of: work)
    try folder.ask("CREATE TABLE mine (x); CREATE INDEX slowest ON stored (seconds)")
    #expect(refusal(folder.file(), work) == nil)
    try folder.ask("ALTER TABLE stored ADD COLUMN mine")
    #expect(try untouched() == .damaged(file: folder.file(), reason: "its table stored isn't as it was made"))
  }

  @Test("A folder, a pipe, a name in a folder that isn't there, no name")
  func names() throws {
    #expect(refusal(folder.path, work) == .notACheckpoint(file: folder.path, reason: "it is a folder"))
    mkfifo(folder.file("pipe"), 0o600)
    #expect(
      refusal(folder.file("pipe"), work)
        == .notACheckpoint(file: folder.file("pipe"), reason: "it is no regular file"))
    let nowhere = folder.file("no/such/fits.sqlite")
    #expect(
      refusal(nowhere, work)
        == .failed(
          file: nowhere, reason: "there is no folder \(folder.file("no/such")); make it, or give another path"))
    #expect(refusal("", work) == .failed(file: "\"\"", reason: "a file has a name"))
    guard case .failed("~/fits.sqlite", let reason) = refusal("~/fits.sqlite", work) else {
      Issue.record("not refused")
      return
    }
    #expect(reason.contains("/~ (here ~ is a name as any other"))
    #expect(refusal("/dev/null", work) == .notACheckpoint(file: "/dev/null", reason: "it is no regular file"))
    #expect(try folder.contents() == ["pipe"])
  }

  @Test("One that another map of this process has open, also by another name; afterwards it is free")
  func inUseHere() throws {
    let journal = try SQLiteStore(folder.file()).open(for: work)
    try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: folder.file())
    for name in ["fits.sqlite", "link", "../" + (folder.path as NSString).lastPathComponent + "/fits.sqlite"] {
      #expect(
        refusal(folder.file(name), work)
          == .inUse(file: folder.file(name), by: "another map of this process"))
    }
    link(folder.file(), folder.file("hard"))
    guard case .inUse = refusal(folder.file("hard"), work) else {
      Issue.record("not refused")
      return
    }
    try journal.append(0, [1])
    try journal.flush()
    journal.close()
    #expect(refusal(folder.file(), work) == nil)
  }

  @Test("One that another process has open, which is named")
  func inUseElsewhere() throws {
    let other = Process()
    other.executableURL = URL(fileURLWithPath: Program.storing)
    other.arguments = [folder.file()]
    other.environment = ProcessInfo.processInfo.environment.merging(["SLURM_JOB_ID": "4711"]) { $1 }
    let pipe = Pipe()
    other.standardOutput = pipe
    try other.run()
    // Its first words come when it has the file.
    _ = pipe.fileHandleForReading.availableData
    let error = refusal(folder.file(), work)
    kill(other.processIdentifier, SIGKILL)
    other.waitUntilExit()
    guard case .inUse(_, let by) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(by.hasPrefix("process \(other.processIdentifier) on ") && by.contains(", Slurm job 4711, since 20"))
  }

  @Test("A job that is just ending is waited for")
  func waits() throws {
    let other = Process()
    other.executableURL = URL(fileURLWithPath: Program.storing)
    other.arguments = [folder.file()]
    let pipe = Pipe()
    other.standardOutput = pipe
    try other.run()
    _ = pipe.fileHandleForReading.availableData
    let process = other.processIdentifier
    // No task: those have no more threads than cores, all of which may be waiting like this test.
    Thread.detachNewThread {
      // It is in use still when it is asked for, in most cases; where it isn't, this shows less.
      usleep(200_000)
      kill(process, SIGKILL)
    }
    let work = CheckpointWork.of([1, 2], at: "Storing/other.swift:1")
    try SQLiteStore(path: folder.file(), lockWait: .seconds(60)).open(for: work).close()
    other.waitUntilExit()
  }

  @Test("One that is removed while it is in use: what would be lost isn't said to be stored")
  func removed() throws {
    let journal = try SQLiteStore(folder.file()).open(for: work)
    try journal.append(0, [1])
    try journal.flush()
    try FileManager.default.removeItem(atPath: folder.file())
    try journal.append(1, [1])
    #expect(
      throws: CheckpointError.failed(file: folder.file(), reason: "it was moved or removed while it was in use")
    ) { try journal.flush() }
    journal.close()
  }

  @Test("One that is cut off, or overwritten, while it is in use: what would be lost isn't said to be stored")
  func overwritten() throws {
    try folder.store(5, of: work)
    try folder.ask("UPDATE jobs SET name = 'another job'")
    let other = try folder.bytes()
    try FileManager.default.removeItem(atPath: folder.file())
    let path = folder.file()
    let damages: [() throws -> Void] = [
      { #expect(truncate(path, 0) == 0) },
      { #expect(truncate(path, 4_096) == 0) },
      // In another process: where this one closes the file, the database's locks go.
      {
        try folder.write(other, "other")
        _ = try Program.run("/usr/bin/env", ["cp", folder.file("other"), path])
      },
    ]
    for damage in damages {
      let journal = try SQLiteStore(path).open(for: work)
      try journal.append(0, [1])
      try journal.flush()
      try damage()
      for _ in 0..<2 {
        try journal.append(1, [1])
        #expect(
          throws: CheckpointError.failed(
            file: path, reason: "it was cut off or overwritten by another program while it was in use")
        ) { try journal.flush() }
      }
      journal.close()
      try FileManager.default.removeItem(atPath: path)
    }
  }

  @Test("A new file that another job is about to fill isn't taken away from it")
  func beingMade() throws {
    let path = folder.file()
    var inner: CheckpointError?
    // Items are looked at while the file is locked, and empty still.
    let slow = CheckpointWork(
      place: work.place, count: work.count, element: work.element, result: work.result, shape: work.shape,
      form: work.form,
      eachItem: { body in
        // In another process: in this one it isn't even tried.
        let output = (try? Program.run(Program.storing, [path]))?.output ?? ""
        if output.contains("is in use by") { inner = .inUse(file: path, by: "") }
        work.eachItem(body)
      })
    let journal = try SQLiteStore(path).open(for: slow)
    #expect(inner != nil)
    try journal.append(0, [1])
    try journal.flush()
    journal.close()
    #expect(try folder.ask("SELECT count(*) FROM results") == "1\n")
  }

  @Test("A file, and a folder, that can't be written to")
  func readOnly() throws {
    try folder.store(5, of: work)
    // Root may write everywhere, so it is somebody else who tries.
    func attempt() throws -> String {
      let nobody = getuid() == 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []
      return try Program.run("/usr/bin/env", nobody + [Program.storing, folder.file()]).output
    }
    chmod(folder.path, 0o777)
    chmod(folder.file(), 0o444)
    let refused = "CheckpointError \(folder.file()) can't be written to (Permission denied): "
    #expect(try attempt().hasPrefix(refused))
    chmod(folder.file(), 0o666)
    chmod(folder.path, 0o555)
    #expect(try attempt().hasPrefix(refused))
    try FileManager.default.removeItem(atPath: folder.file())
    #expect(try attempt().hasPrefix(refused))
    chmod(folder.path, 0o777)
  }
}
