import Foundation
import SeppoCheckpoint
@_spi(CheckpointStore) import SeppoMPI
import Testing

@Suite("A file that can't be used is rejected with an error that names it, and stays unchanged")
struct RefusalTests {
  let folder = try! TemporaryFolder()
  let work = CheckpointWork.of(Array(0..<10))

  /// Returns the error when the file is opened, and checks that the file is unchanged.
  private func untouched() throws -> CheckpointError? {
    let before = try folder.bytes()
    let error = refusal(folder.file(), work)
    #expect(try folder.bytes() == before)
    #expect(try folder.contents() == ["fits.sqlite"])
    return error
  }

  @Test(
    "A text file is rejected, however short",
    arguments: ["\n", "no", String(repeating: "words and words ", count: 1_000)])
  func text(_ text: String) throws {
    try folder.write(Data(text.utf8))
    guard case .notACheckpoint(_, let reason) = try untouched() else {
      Issue.record("not rejected")
      return
    }
    #expect(reason.contains("it is not an SQLite database"))
  }

  @Test(
    "Another program's database is rejected",
    arguments: ["", "PRAGMA application_id = 77;", "PRAGMA journal_mode = WAL;"])
  func foreign(_ pragma: String) throws {
    try folder.query(pragma + "CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine')")
    #expect(
      try untouched() == .notACheckpoint(file: folder.file(), reason: "it is another program's SQLite database"))
  }

  @Test("Newer, older and nonexistent formats are rejected")
  func format() throws {
    try folder.store(5, of: work)
    try folder.query("PRAGMA user_version = 7")
    #expect(try untouched() == .newerFormat(file: folder.file(), format: 7, known: 4))
    for older in [1, 2, 3] {
      try folder.query("PRAGMA user_version = \(older)")
      #expect(try untouched() == .olderFormat(file: folder.file(), format: older, known: 4))
    }
    try folder.query("PRAGMA user_version = 0")
    #expect(try untouched() == .damaged(file: folder.file(), reason: "format 0 doesn't exist"))
  }

  @Test("Changed tables are rejected; additional tables and indices are allowed")
  func tables() throws {
    try folder.store(5, of: work)
    try folder.query("CREATE TABLE mine (x); CREATE INDEX slowest ON stored (seconds)")
    #expect(refusal(folder.file(), work) == nil)
    try folder.query("ALTER TABLE stored ADD COLUMN mine")
    #expect(try untouched() == .damaged(file: folder.file(), reason: "its table stored has a different schema"))
  }

  @Test("Folders, pipes, devices, missing folders and empty names are rejected")
  func names() throws {
    #expect(refusal(folder.path, work) == .notACheckpoint(file: folder.path, reason: "it is a folder"))
    mkfifo(folder.file("pipe"), 0o600)
    #expect(
      refusal(folder.file("pipe"), work)
        == .notACheckpoint(file: folder.file("pipe"), reason: "it is not a regular file"))
    let nowhere = folder.file("no/such/fits.sqlite")
    #expect(
      refusal(nowhere, work)
        == .failed(
          file: nowhere, reason: "the folder \(folder.file("no/such")) doesn't exist; create it, or give another path"))
    #expect(refusal("", work) == .failed(file: "\"\"", reason: "the file name is empty"))
    guard case .failed("~/fits.sqlite", let reason) = refusal("~/fits.sqlite", work) else {
      Issue.record("not rejected")
      return
    }
    #expect(reason.contains("/~ doesn't exist (~ isn't expanded: write out the home folder)"))
    #expect(refusal("/dev/null", work) == .notACheckpoint(file: "/dev/null", reason: "it is not a regular file"))
    #expect(try folder.contents() == ["pipe"])
  }

  @Test("A file that another map of this process has open is rejected, under any name, until it is closed")
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
      Issue.record("not rejected")
      return
    }
    try journal.append(0, [1])
    try journal.flush()
    journal.close()
    #expect(refusal(folder.file(), work) == nil)
  }

  @Test("A file that another process has open is rejected, and the error names the process")
  func inUseElsewhere() throws {
    let other = Process()
    other.executableURL = URL(fileURLWithPath: Program.storing)
    other.arguments = [folder.file()]
    other.environment = ProcessInfo.processInfo.environment.merging(["SLURM_JOB_ID": "4711"]) { $1 }
    let pipe = Pipe()
    other.standardOutput = pipe
    try other.run()
    // Its first output arrives after it has opened the file.
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

  @Test("Opening waits for a job that is ending")
  func waits() throws {
    let other = Process()
    other.executableURL = URL(fileURLWithPath: Program.storing)
    other.arguments = [folder.file()]
    let pipe = Pipe()
    other.standardOutput = pipe
    try other.run()
    _ = pipe.fileHandleForReading.availableData
    let process = other.processIdentifier
    // Not a task: tasks have only as many threads as cores, and all of these may be blocked by tests like this one.
    Thread.detachNewThread {
      // Usually the file is still in use when it is opened below; if not, the test checks less.
      usleep(200_000)
      kill(process, SIGKILL)
    }
    let work = CheckpointWork.of([1, 2], at: "Storing/other.swift:1")
    try SQLiteStore(path: folder.file(), lockWait: .seconds(60)).open(for: work).close()
    other.waitUntilExit()
  }

  @Test("A flush fails if the file was removed while in use")
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

  @Test("A flush fails if the file was truncated or overwritten while in use")
  func overwritten() throws {
    try folder.store(5, of: work)
    try folder.query("UPDATE jobs SET name = 'another job'")
    let other = try folder.bytes()
    try FileManager.default.removeItem(atPath: folder.file())
    let path = folder.file()
    let damages: [() throws -> Void] = [
      { #expect(truncate(path, 0) == 0) },
      { #expect(truncate(path, 4_096) == 0) },
      // In another process: if this one closed the file, it would lose its locks.
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
            file: path, reason: "it was truncated or overwritten by another program while it was in use")
        ) { try journal.flush() }
      }
      journal.close()
      try FileManager.default.removeItem(atPath: path)
    }
  }

  @Test("A new, still empty file of another job is not removed")
  func beingMade() throws {
    let path = folder.file()
    var inner: CheckpointError?
    // The items are read while the file is locked and still empty.
    let slow = CheckpointWork(
      place: work.place, count: work.count, element: work.element, result: work.result, shape: work.shape,
      form: work.form,
      eachItem: { body in
        // In another process: this one would not even open the file again.
        let output = (try? Program.run(Program.storing, [path]))?.output ?? ""
        if output.contains("is in use by") { inner = .inUse(file: path, by: "") }
        work.eachItem(body)
      })
    let journal = try SQLiteStore(path).open(for: slow)
    #expect(inner != nil)
    try journal.append(0, [1])
    try journal.flush()
    journal.close()
    #expect(try folder.query("SELECT count(*) FROM results") == "1\n")
  }

  @Test("Files and folders that aren't writable are rejected")
  func readOnly() throws {
    try folder.store(5, of: work)
    // Root may write everywhere, so the program runs as another user.
    func attempt() throws -> String {
      let asOtherUser = getuid() == 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []
      return try Program.run("/usr/bin/env", asOtherUser + [Program.storing, folder.file()]).output
    }
    chmod(folder.path, 0o777)
    chmod(folder.file(), 0o444)
    let expected = "CheckpointError \(folder.file()) can't be written to (Permission denied): "
    #expect(try attempt().hasPrefix(expected))
    chmod(folder.file(), 0o666)
    chmod(folder.path, 0o555)
    #expect(try attempt().hasPrefix(expected))
    try FileManager.default.removeItem(atPath: folder.file())
    #expect(try attempt().hasPrefix(expected))
    chmod(folder.path, 0o777)
  }
}
