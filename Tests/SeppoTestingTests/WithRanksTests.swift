import Foundation
import SeppoMPI
import SeppoTesting
import Synchronization
import Testing

@Suite("In-process ranks")
struct WithRanksTests {
  static let counts = [1, 2, 3, 5, 8]

  @Test("The values of the ranks are returned in rank order", arguments: counts)
  func values(count: Int) throws {
    #expect(try withRanks(count) { [Seppo.rank, Seppo.size] } == (0..<count).map { [$0, count] })
    #expect(try withRanks(count) { Seppo.isRoot ? 1 : nil } == [1] + Array(repeating: nil, count: count - 1))
    _ = try withRanks(count) {}
  }

  @Test("Every verb works as under mpirun", arguments: counts, [0, 9] as [UInt64])
  func verbs(count: Int, seed: UInt64) throws {
    let ranks = try withRanks(count, seed: seed) { () throws -> [String] in
      let squares = try (0..<1_000).mapParallel { $0 * $0 }
      let texts = try Array(0..<200).mapParallel { String(repeating: "\($0) ", count: 500) }
      let large = try Array(0..<300_000).mapParallel { Double($0) / 2 }
      let results = try (0..<10).parallel(threads: 2).mapResults { item -> Int in
        if item == 4 { throw Failed(number: item) }
        return item
      }
      let read = try Seppo.atRoot { [Seppo.rank, 7] }
      let doubled = try read.mapParallel { $0 * 2 }
      let nested = try [3, 4].mapParallel { try (0..<$0).mapParallel { $0 + 1 }.reduce(0, +) }
      return [
        "\(squares == (0..<1_000).map { $0 * $0 })", "\(texts.count) \(texts[199].count)",
        "\(large == (0..<300_000).map { Double($0) / 2 })",
        "\(results.map { (try? $0.get()) ?? -1 })", "\(try read.broadcast()) \(doubled) \(nested)",
      ]
    }
    let expected = ["true", "200 2000", "true", "[0, 1, 2, 3, -1, 5, 6, 7, 8, 9]", "[0, 7] [0, 14] [6, 10]"]
    #expect(ranks == Array(repeating: expected, count: count))
  }

  @Test("Items and nested items know their rank, and every rank computes some")
  func ranksOfItems() throws {
    let ranks = try withRanks(3) {
      try (0..<60).parallel(chunk: .items(1)).map { _ in
        usleep(2_000)
        return Set(try (0..<3).mapParallel { _ in Seppo.rank } + [Seppo.rank, Seppo.size + 10])
      }
    }
    #expect(ranks[0] == ranks[1] && ranks[0] == ranks[2])
    #expect(Set(ranks[0]) == [[0, 13], [1, 13], [2, 13]])
  }

  @Test("Calls run concurrently and nested")
  func sideBySide() async throws {
    let all = try await withThrowingTaskGroup(of: [Int].self) { group in
      for number in 1...4 {
        group.addTask {
          try withRanks(number) { try (0..<50).mapParallel { $0 * number + Seppo.size }.reduce(0, +) }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    for number in 1...4 {
      #expect(all.contains(Array(repeating: 1_225 * number + 50 * number, count: number)))
    }
    let inner = try withRanks(2) {
      let inner = try withRanks(3) { try [Seppo.size].mapParallel { $0 }[0] + Seppo.rank }
      return inner + [Seppo.size, Seppo.rank]
    }
    #expect(inner == [[3, 4, 5, 2, 0], [3, 4, 5, 2, 1]])
  }

  #if os(Linux)
    @Test("Threads end when the call returns")
    func threads() async throws {
      func threads() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count }
      let before = try threads()
      for _ in 0..<400 {
        _ = try await withRanksAsync(3) { try (0..<6).parallel(threads: 2).map { $0 } }
      }
      // Other tests have threads too, and the last threads of this one may still be ending.
      var after = try threads()
      for _ in 0..<100 where after > before + 300 {
        try await Task.sleep(for: .milliseconds(100))
        after = try threads()
      }
      #expect(after <= before + 300)
    }
  #endif

  @TaskLocal private static var word = "none"

  @Test("The body and its items see the caller's task-local values")
  func taskLocals() throws {
    let words = try WithRanksTests.$word.withValue("set") {
      try withRanks(3) { [WithRanksTests.word] + (try (0..<3).mapParallel { _ in WithRanksTests.word }) }
    }
    #expect(words == Array(repeating: ["set", "set", "set", "set"], count: 3))
  }

  @Test("A failed expectation in the body fails the calling test")
  func expectations() {
    withKnownIssue { _ = try withRanks(2) { #expect(Seppo.rank < 0) } }
  }
}

struct Failed: Error, Equatable { let number: Int }
