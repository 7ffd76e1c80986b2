import Foundation
import SeppoCheckpoint
import Testing

@Suite("What tells a checkpoint's file from others in this process")
struct IdentityTests {
  let folder = try! Folder()

  private func identity(_ name: String) -> String { SQLiteStore(folder.file(name)).identity }

  @Test("One file has one, by whatever name, from before it is there until it has gone")
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

  @Test("A new file in place of a deleted one is another, though its inode and its header are the same")
  func replaced() throws {
    for _ in 0..<20 {
      let deleted = try Folder()
      try deleted.store(3, of: .of([1, 2, 3]))
      try FileManager.default.removeItem(atPath: deleted.file())
      let new = try Folder()
      let before = SQLiteStore(new.file()).identity
      try new.store(3, of: .of([1, 2, 3]))
      #expect(SQLiteStore(new.file()).identity == before)
    }
  }

  @Test("A file that was renamed is the one that it was; one that takes its place on the disk is another")
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
