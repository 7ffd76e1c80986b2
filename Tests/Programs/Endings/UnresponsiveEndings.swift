import Foundation
import SeppoMPI

/// Ranks that are suspended or late, and items that never return.
extension Endings {
  static func unresponsiveEnding(_ name: String) throws {
    let isLast = Seppo.rank == Seppo.size - 1
    switch name {
    case "stop in an item": try onVictim { kill(getpid(), SIGSTOP) }
    case "stop of root":
      _ = try (0..<(4 * Seppo.size)).parallel(chunk: .items(1)).map { item -> Int in
        if Seppo.isRoot, item > 0 { kill(getpid(), SIGSTOP) }
        usleep(200_000)
        return item
      }
    case "stop while results are shared":
      // Long enough to be in progress when the last rank is suspended.
      _ = try (0..<64).parallel(chunk: .items(1)).map { _ in Slow(count: 1 << 18) }
    case "long, and alive":
      _ = try (0..<Seppo.size).parallel(chunk: .items(1)).map { item -> Int in
        sleep(5)
        return item
      }
      try Seppo.atRoot { sleep(5) }
      _ = try (0..<Seppo.size).mapParallel { $0 }
    case "slow rank":
      if isLast { sleep(5) }
      _ = try [1, 2].mapParallel { $0 }
    case "slow root":
      if Seppo.isRoot { sleep(5) }
      _ = try [1, 2].mapParallel { $0 }
    case "item that never returns":
      _ = try (0..<20).parallel(timeout: .seconds(1)).map { item -> Int in
        if item == 7 { while true { sleep(1) } }
        return item
      }
    case "task of a pool that never returns":
      // The tasks around it are short, so that they would share its chunk.
      _ = try Seppo.withPool(
        { (item: Int) -> Int in
          if item == 207 { while true { sleep(1) } }
          return item
        }, ParallelOptions(timeout: .milliseconds(500))
      ) { pool in
        for item in 0..<400 { pool.submit(item) }
        while pool.next() != nil {}
      }

    // For the suite's own time limit.
    case "wait for ever in every item":
      _ = try (0..<(2 * Seppo.size)).parallel(chunk: .items(1), threads: 2).map { _ -> Int in
        while true { sleep(1) }
      }
    case "wait for ever":
      _ = try (0..<Seppo.size).parallel(chunk: .items(1)).map { item -> Int in
        if item == 1 { while true { sleep(1) } }
        return item
      }
    default: try memoryEnding(name)
    }
  }

  /// A value that suspends the last rank when it decodes the fifth one.
  struct Slow: Codable, Sendable {
    /// `nonisolated(unsafe)` because only the thread in the call decodes results.
    private nonisolated(unsafe) static var decoded = 0
    var values: [Int]

    init(count: Int) { values = Array(repeating: 1, count: count) }

    init(from decoder: any Decoder) throws {
      values = try decoder.singleValueContainer().decode([Int].self)
      Slow.decoded += 1
      if Slow.decoded == 5, Seppo.rank == Seppo.size - 1 { kill(getpid(), SIGSTOP) }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(values)
    }
  }
}
