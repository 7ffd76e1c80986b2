import Foundation
import SeppoMPI

/// The timeout of an item. A late item takes 1.5 times as long, so that it still ends before the job does.
private let timeout = Duration.seconds(1)
private func beLate() { usleep(1_500_000) }

private func isTimedOut(_ error: SeppoError, _ item: Int, tries wanted: Int = 1) -> Bool {
  guard case .itemTimedOut(let late) = error, late.index == item, late.timeout == 1, late.tries == wanted else {
    return false
  }
  return (0..<Seppo.size).contains(late.rank) && late.host == hostName(ofRank: late.rank)
    && late.place.contains("TimeoutLaws.swift:")
}

let timeoutLaws = [
  Law("an item that exceeds the timeout ends the map with an error that has its index") {
    for threads in [1, 2] {
      let error = try errorOf {
        _ = try (0..<40).parallel(threads: threads, timeout: timeout).map { item -> Int in
          if item == 11 { beLate() }
          return item
        }
      }
      try require(isTimedOut(error, 11), "\(error)")
      try require("\(error)".hasPrefix("item 11 took longer than 1 s on rank "), "\(error)")
      try requireEqual(try Seppo.atRoot { "\(error)" }.broadcast(), "\(error)")
    }
    // The ranks still make the same calls.
    try requireEqual(try (0..<10).mapParallel { $0 }, Array(0..<10))
  },
  Law("items queued behind a late item are computed elsewhere before it returns") {
    guard Seppo.size > 1 else { return }
    let shared = try SharedBytes(200)
    // In the second round, chunks are long.
    for round in 0..<2 {
      let results = try (0..<100).parallel(chunk: round == 0 ? .items(10) : .automatic, timeout: timeout).mapResults {
        item -> Bool in
        if item == 5 {
          beLate()
          // True if all other items were computed before this one returns.
          return (0..<100).allSatisfy { $0 == 5 || shared.isMarked(round * 100 + $0) }
        }
        shared.mark(round * 100 + item)
        return true
      }
      for (item, outcome) in results.enumerated() {
        switch outcome {
        case .success(let value): try require(value && item != 5, "item \(item)")
        case .failure(let error): try require(isTimedOut(error, 5) && item == 5, "item \(item): \(error)")
        }
      }
      for item in 0..<100 where item != 5 {
        try require(shared.isMarked(round * 100 + item), "item \(item) wasn't computed")
      }
    }
  },
  Law("a late item is retried, and its late result is dropped") {
    let shared = try SharedBytes(30)
    let results = try (0..<30).parallel(threads: 2, retries: 1, timeout: timeout).map { item -> String in
      if item == 7, !shared.isMarked(item) {
        shared.mark(item)
        beLate()
        return "late"
      }
      return "in time"
    }
    try requireEqual(results, Array(repeating: "in time", count: 30))
  },
  Law("the error of an item that is late each time has the number of tries") {
    let error = try errorOf {
      _ = try (0..<3).parallel(retries: 1, timeout: timeout).map { item -> Int in
        if item == 1 { beLate() }
        return item
      }
    }
    try require(isTimedOut(error, 1, tries: 2), "\(error)")
  },
  Law("a late item of a nested map is reported when it returns", withoutCheck: true) {
    let words = try (0..<2).parallel(chunk: .items(1)).map { outer -> String in
      do {
        _ = try [10, 11].parallel(timeout: .milliseconds(500)).map { item -> Int in
          if item == 11 { usleep(600_000) }
          return item
        }
        return ""
      } catch let error as SeppoError {
        return "\(error)"
      }
    }
    for text in words { try require(text.hasPrefix("item 1 took longer than 0.5 s on rank"), text) }
  },
]
