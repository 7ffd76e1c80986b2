import Foundation
import SeppoMPI

/// An item may take this long here, and one that is to be late takes half as long again: it comes back before the job ends.
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
  Law("an item that takes longer than it may ends the map, with its index") {
    for threads in [1, 2] {
      let error = try errorOf {
        _ = try (0..<40).parallel(threads: threads, timeout: timeout).map { item -> Int in
          if item == 11 { beLate() }
          return item
        }
      }
      try hold(isTimedOut(error, 11), "\(error)")
      try hold("\(error)".hasPrefix("item 11 took longer than 1 s on rank "), "\(error)")
      try holdEqual(try Seppo.atRoot { "\(error)" }.broadcast(), "\(error)")
    }
    // Together again.
    try holdEqual(try (0..<10).mapParallel { $0 }, Array(0..<10))
  },
  Law("what stands behind a late item is computed elsewhere, meanwhile") {
    guard Seppo.size > 1 else { return }
    let board = try SharedBoard(200)
    // By the second round chunks are long.
    for round in 0..<2 {
      let results = try (0..<100).parallel(chunk: round == 0 ? .items(10) : .automatic, timeout: timeout).mapResults {
        item -> Bool in
        if item == 5 {
          beLate()
          // All others were done before it was back.
          return (0..<100).allSatisfy { $0 == 5 || board.isMarked(round * 100 + $0) }
        }
        board.mark(round * 100 + item)
        return true
      }
      for (item, fate) in results.enumerated() {
        switch fate {
        case .success(let value): try hold(value && item != 5, "item \(item)")
        case .failure(let error): try hold(isTimedOut(error, 5) && item == 5, "item \(item): \(error)")
        }
      }
      for item in 0..<100 where item != 5 {
        try hold(board.isMarked(round * 100 + item), "item \(item) wasn't computed")
      }
    }
  },
  Law("a late item is tried again, and what it gives after its time is dropped") {
    let board = try SharedBoard(30)
    let results = try (0..<30).parallel(threads: 2, retries: 1, timeout: timeout).map { item -> String in
      if item == 7, !board.isMarked(item) {
        board.mark(item)
        beLate()
        return "late"
      }
      return "in time"
    }
    try holdEqual(results, Array(repeating: "in time", count: 30))
  },
  Law("an item that is late each time says how often it was tried") {
    let error = try errorOf {
      _ = try (0..<3).parallel(retries: 1, timeout: timeout).map { item -> Int in
        if item == 1 { beLate() }
        return item
      }
    }
    try hold(isTimedOut(error, 1, tries: 2), "\(error)")
  },
  Law("inside an item, a late one is found out when it is back", withoutCheck: true) {
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
    for text in words { try hold(text.hasPrefix("item 1 took longer than 0.5 s on rank"), text) }
  },
]
