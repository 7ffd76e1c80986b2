import Foundation
import SeppoCheckpoint
@_spi(CheckpointStore) import SeppoMPI
import Testing

@Suite("A killed process loses no flushed results")
struct KillTests {
  let folder = try! TemporaryFolder()

  @Test("Flushed results survive a kill at any moment")
  func killed() throws {
    var flushed = Set<Int>()
    var found = -1
    for round in 0..<(4 * soak) {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: Program.storing)
      process.arguments = [folder.file()]
      let pipe = Pipe()
      process.standardOutput = pipe
      try process.run()
      var output = Data()
      // Every fourth process is killed while it opens the file.
      let wanted = round % 4 == 0 ? 0 : round == 1 ? 20_000 : Int.random(in: 1..<20_000)
      while output.count < wanted, case let more = pipe.fileHandleForReading.availableData, !more.isEmpty {
        output += more
      }
      usleep(UInt32.random(in: 0..<30_000))
      kill(process.processIdentifier, SIGKILL)
      output += try pipe.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL)
      // The last line may be incomplete.
      let text = String(decoding: output, as: UTF8.self)
      var lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      guard let first = lines.popFirst() else { continue }
      let words = first.split(separator: " ", omittingEmptySubsequences: false)
      guard words.count == 4, words[0] == "found", let count = Int(words[1]) else {
        Issue.record("\(first)")
        return
      }
      #expect(count >= flushed.count && count >= found)
      found = count
      if round > 0, count > 0 { #expect(words[3].split(separator: ",").count <= 3) }
      flushed.formUnion(lines.compactMap { Int($0) })
      // Before the next process, which would recompute missing results.
      let stored = try folder.query("SELECT item FROM results").split(separator: "\n").compactMap { Int($0) }
      #expect(flushed.subtracting(stored).isEmpty)
    }
    #expect(flushed.count > 1_000)
    #expect(try folder.query("PRAGMA integrity_check") == "ok\n")
  }

  @Test("Items in flight survive a kill and are quarantined")
  func notes() throws {
    func start(_ body: (Process, Pipe) throws -> Void) throws {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: Program.storing)
      process.arguments = [folder.file()]
      let pipe = Pipe()
      process.standardOutput = pipe
      try process.run()
      try body(process, pipe)
      kill(process.processIdentifier, SIGKILL)
      _ = try pipe.fileHandleForReading.readToEnd()
      process.waitUntilExit()
    }
    try start { _, pipe in
      var lines = 0
      while lines < 10 { lines += pipe.fileHandleForReading.availableData.count { $0 == UInt8(ascii: "\n") } }
    }
    try start { _, pipe in
      let first = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self).prefix { $0 != "\n" }
      let words = first.split(separator: " ", omittingEmptySubsequences: false)
      guard words.count == 4, let found = Int(words[1]) else {
        Issue.record("\(first)")
        return
      }
      let quarantine = words[3].split(separator: ",").compactMap { Int($0.prefix { $0 != ":" }) }
      // The program computes the items in order, with three in flight, and any of these may have been stored since.
      #expect(quarantine.allSatisfy { $0 >= found && $0 < found + 41 })
    }
  }
}
