import Foundation
import SeppoMPI
import SeppoTesting
import Testing

@Suite("Errors and exits of in-process ranks")
struct RankEndingTests {
  @Test("The lowest rank's error is thrown")
  func lowest() async {
    await #expect(throws: Failed(number: 1)) {
      try await withRanksAsync(4) { if Seppo.rank > 0 { throw Failed(number: Seppo.rank) } }
    }
    await #expect(throws: Failed(number: 0)) {
      try await withRanksAsync(3) {
        _ = try (0..<100).mapParallel { $0 }
        throw Failed(number: Seppo.rank)
      }
    }
  }

  @Test("Ranks that wait for a failed rank get an error that names it", arguments: 0..<3)
  func othersGetOut(failing: Int) async {
    let texts = Texts()
    await #expect(throws: Failed(number: failing)) {
      try await withRanksAsync(3) {
        if Seppo.rank == failing { throw Failed(number: failing) }
        do {
          _ = try (0..<100).mapParallel { $0 }
        } catch {
          texts.append("\(error)")
          throw error
        }
      }
    }
    #expect(texts.all == Array(repeating: "rank \(failing) ended the job with status 1", count: 2))
  }

  @Test("An item's error is the same on every rank, and later calls work", arguments: [1, 3])
  func itemError(count: Int) async throws {
    let texts = try await withRanksAsync(count) { () throws -> String in
      do {
        _ = try (0..<50).mapParallel { (item: Int) -> Int in
          if item % 20 == 7 { throw Failed(number: item) }
          return item
        }
        return "none"
      } catch let error as SeppoError {
        return "\(error) \(try [1, 2].mapParallel { $0 + 1 })"
      }
    }
    #expect(Set(texts).count == 1)
    #expect(texts[0].contains("item 7") && texts[0].contains("Failed(number: 7)") && texts[0].hasSuffix("[2, 3]"))
  }

  @Test("Ranks that make different calls get an error with line and column")
  func diverged() async throws {
    // Outside the macro: all code inside it has the same column.
    let line = #line + 2
    let body: @Sendable () throws -> Void = {
      _ = Seppo.rank == 2 ? try [1].mapParallel { $0 } : try [1].mapParallel { $0 }
    }
    let error = try await #require(throws: SeppoError.self) { try await withRanksAsync(3, body) }
    guard case .diverged(let positions) = error else { throw error }
    #expect(
      positions.map(\.rank) == [0, 1, 2] && positions.allSatisfy { $0.place.contains("RankEndingTests.swift:\(line)") })
    #expect(positions[0].place == positions[1].place)
    #expect(positions[0].place != positions[2].place)
  }

  @Test("The error names the rank that returns early", arguments: 0..<3)
  func earlyReturn(early: Int) async throws {
    let error = try await #require(throws: SeppoError.self) {
      try await withRanksAsync(3) {
        if Seppo.rank == early { return }
        _ = try [1, 2, 3].mapParallel { $0 }
      }
    }
    guard case .diverged(let positions) = error else { throw error }
    #expect(positions[early].call == "the end of withRanks" && positions[(early + 1) % 3].call == "mapParallel")
  }

  @Test("Items that differ between ranks are an error, as under mpirun")
  func itemsDiffer() async throws {
    let error = try await #require(throws: SeppoError.self) {
      try await withRanksAsync(2) { try [Seppo.rank].mapParallel { $0 } }
    }
    guard case .itemsDiffer = error else { throw error }
  }

  @Test("Seeds that differ between ranks are an error")
  func seedsDiffer() async throws {
    for atRoot in [false, true] {
      let error = try await #require(throws: SeppoError.self) {
        try await withRanksAsync(3) {
          for _ in 0..<3 { _ = try [1, 2, 3].parallel(seed: 5).map { $1.next() } }
          let seed = Seppo.rank == 1 ? 17 : 42
          if atRoot {
            _ = try Seppo.atRoot { [1, 2] }.parallel(seed: seed).map { $1.next() }
          } else {
            _ = try [1, 2].parallel(seed: seed).map { $1.next() }
          }
        }
      }
      guard case .diverged(let positions) = error else { throw error }
      #expect(positions[0].call.hasSuffix("with seed 42") && positions[1].call.hasSuffix("with seed 17"))
      #expect(error.description.contains("seed"))
    }
  }

  @Test("Seppo.exit ends withRanks, not the process", arguments: ["all", "root", "item"], [1, 3])
  func exit(place: String, count: Int) async {
    await #expect {
      try await withRanksAsync(count) {
        switch place {
        case "all": Seppo.exit(3)
        case "root": try Seppo.atRoot { Seppo.exit(3) }
        default:
          _ = try [1, 2, 3].mapParallel { (item: Int) -> Int in
            if item == 2 { Seppo.exit(3) }
            return item
          }
        }
      }
    } throws: {
      guard let exit = $0 as? RankExit else { return false }
      return exit.status == 3 && (place == "item" || exit.rank == 0)
    }
  }

  @Test("An item that never ends is an error", arguments: [1, 2])
  func stuck(count: Int) async throws {
    let error = try await #require(throws: SeppoError.self) {
      try await withRanksAsync(count) {
        try (0..<4).parallel(timeout: .milliseconds(20)).map { item -> Int in
          while item == 3 { usleep(100_000) }
          return item
        }
      }
    }
    guard case .itemStuck(let item) = error else { throw error }
    #expect(item.index == 3)
  }

  @Test("Seppo.run inside withRanks is an error")
  func run() async {
    let body: @Sendable () -> Void = { Seppo.run {} }
    await #expect(throws: SeppoError.self) { try await withRanksAsync(2, body) }
  }

  @Test("A collective call inside atRoot is an error")
  func nested() async {
    await #expect(throws: SeppoError.self) {
      try await withRanksAsync(2) { () throws -> Int in
        try Seppo.atRoot { () throws -> Int in try Seppo.atRoot { 1 }.broadcast() }.broadcast()
      }
    }
  }
}

/// A list to which several ranks append.
///
/// `Sendable` because a lock guards the array.
private final class Texts: @unchecked Sendable {
  private let lock = NSLock()
  private var texts: [String] = []

  func append(_ text: String) { lock.withLock { texts.append(text) } }

  var all: [String] { lock.withLock { texts } }
}
