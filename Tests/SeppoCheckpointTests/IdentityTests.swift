import Foundation
import SeppoCheckpoint
import Testing

@Suite("The identity of a checkpoint's file within a process")
struct IdentityTests {
  let folder = try! TemporaryFolder()

  private func identity(_ name: String) -> String { SQLiteStore(folder.file(name)).identity }

  @Test("A file has one identity under all its names, even before it exists")
  func names() throws {
    let before = identity("fits.sqlite")
    try folder.store(1, of: .of([1]))
    let manager = FileManager.default
    try manager.createDirectory(atPath: folder.file("sub"), withIntermediateDirectories: true)
    try manager.createSymbolicLink(atPath: folder.file("sub/up"), withDestinationPath: "..")
    try manager.createSymbolicLink(atPath: folder.file("sub/link"), withDestinationPath: "up/fits.sqlite")
    link(folder.file(), folder.file("sub/hard"))
    for name in ["fits.sqlite", "./fits.sqlite", "sub/../fits.sqlite", "sub/up/fits.sqlite", "sub/link", "sub/hard"] {
      #expect(identity(name) == before, "\(name)")
    }
    #expect(identity("another.sqlite") != before)
  }

  @Test("A new file that replaces a deleted one has another identity, even with the same inode and header")
  func replaced() throws {
    for _ in 0..<20 {
      let deleted = try TemporaryFolder()
      try deleted.store(3, of: .of([1, 2, 3]))
      try FileManager.default.removeItem(atPath: deleted.file())
      let new = try TemporaryFolder()
      let before = SQLiteStore(new.file()).identity
      try new.store(3, of: .of([1, 2, 3]))
      #expect(SQLiteStore(new.file()).identity == before)
    }
  }

  @Test("A renamed file keeps its identity, and a file that reuses its inode has another")
  func renamed() throws {
    for round in 0..<20 {
      let name = "\(round).sqlite"
      try folder.store(round, of: .of(Array(0..<20)))
      let before = identity("fits.sqlite")
      try FileManager.default.moveItem(atPath: folder.file(), toPath: folder.file(name))
      #expect(identity(name) == before)
      try FileManager.default.removeItem(atPath: folder.file(name))
      try folder.write(Data(repeating: 1, count: 4_096), "other")
      #expect(identity("other") != before)
      try FileManager.default.removeItem(atPath: folder.file("other"))
    }
  }
}
