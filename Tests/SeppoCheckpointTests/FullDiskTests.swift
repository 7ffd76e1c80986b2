import Foundation
import SeppoCheckpoint
@_spi(CheckpointStore) import SeppoMPI
import Testing

@Suite("A full disk", .serialized)
struct FullDiskTests {
  static let needsRoot: Comment = "only root can mount a small file system"

  /// Runs a body with a temporary file system of the given size.
  private func withFileSystem(_ kilobytes: Int, _ body: (String) throws -> Void) throws {
    let folder = try TemporaryFolder()
    let mount = try Program.run(
      "/usr/bin/env", ["mount", "-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", folder.path])
    try #require(mount.status == 0, "\(mount.output)")
    defer { _ = try? Program.run("/usr/bin/env", ["umount", folder.path]) }
    try body(folder.path)
  }

  @Test("Opening reports a full disk and leaves no file", .enabled(if: Machine.canMount, needsRoot))
  func atOpen() throws {
    try withFileSystem(64) { path in
      let filler = path + "/filler"
      try Data(count: 60 << 10).write(to: URL(fileURLWithPath: filler))
      #expect(refusal(path + "/fits.sqlite", .of([1, 2])) == .diskFull(file: path + "/fits.sqlite"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["filler"])
    }
  }

  @Test(
    "Flushed results survive a full disk, and storing resumes when there is space",
    .enabled(if: Machine.canMount, needsRoot))
  func meanwhile() throws {
    try withFileSystem(1024) { path in
      let file = path + "/fits.sqlite"
      let work = CheckpointWork.of(Array(0..<10_000))
      let filler = path + "/filler"
      try Data(count: 400 << 10).write(to: URL(fileURLWithPath: filler))
      let journal = try SQLiteStore(file).open(for: work)
      var flushed = 0
      #expect(throws: CheckpointError.diskFull(file: file)) {
        while true {
          for item in flushed..<flushed + 10 { try journal.append(item, TemporaryFolder.result(item, 1_000)) }
          try journal.flush()
          flushed += 10
        }
      }
      #expect(flushed > 100)
      #expect(journal.stored == flushed)
      try FileManager.default.removeItem(atPath: filler)
      for item in flushed..<flushed + 10 { try journal.append(item, TemporaryFolder.result(item, 1_000)) }
      try journal.flush()
      journal.close()
      let opened = try SQLiteStore(file).open(for: work)
      defer { opened.close() }
      let results = try opened.results()
      #expect(results.count == flushed + 10)
      for (item, bytes) in results { #expect(bytes == TemporaryFolder.result(item, 1_000)) }
    }
  }

  @Test("A read-only file system is reported", .enabled(if: Machine.canMount, needsRoot))
  func readOnly() throws {
    try withFileSystem(1024) { path in
      let file = path + "/fits.sqlite"
      try SQLiteStore(file).open(for: .of([1])).close()
      #expect(try Program.run("/usr/bin/env", ["mount", "-o", "remount,ro", path]).status == 0)
      #expect(refusal(file, .of([1])) == .readOnly(file: file, reason: "Read-only file system"))
      #expect(refusal(path + "/new", .of([1])) == .readOnly(file: path + "/new", reason: "Read-only file system"))
    }
  }
}
