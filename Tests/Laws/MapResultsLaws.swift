import Foundation
import SeppoMPI

/// A codable error.
private struct Refused: Error, Codable, Equatable, CustomStringConvertible {
  let item: Int
  let reason: String

  var description: String { "item \(item) refused: \(reason)" }
}

/// An error that isn't codable.
private struct Uncodable: Error {}

/// Cannot be encoded if `value` is a multiple of three; cannot be decoded if it is a multiple of five.
private struct Choosy: Codable, Sendable, Equatable {
  let value: Int

  init(_ value: Int) { self.value = value }

  func encode(to encoder: any Encoder) throws {
    if value % 3 == 0 { throw Refused(item: value, reason: "a multiple of three") }
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }

  init(from decoder: any Decoder) throws {
    value = try decoder.singleValueContainer().decode(Int.self)
    if value % 5 == 0 { throw Refused(item: value, reason: "a multiple of five") }
  }
}

/// Records the rank of each try of each item, for all ranks.
private struct Tries {
  /// The rank of each try, plus one.
  private let shared: SharedBytes
  private static let capacity = 8

  init(_ count: Int) throws { shared = try SharedBytes(count * Tries.capacity) }

  /// Records a try of the item on this rank.
  ///
  /// - Returns: The number of earlier tries.
  @discardableResult
  func note(_ item: Int) -> Int {
    var number = 0
    while number < Tries.capacity - 1, shared[item * Tries.capacity + number] != 0 { number += 1 }
    shared[item * Tries.capacity + number] = UInt8(Seppo.rank + 1)
    return number
  }

  /// Returns the ranks that tried the item, in order.
  func ranks(_ item: Int) -> [Int] {
    (0..<Tries.capacity).map { Int(shared[item * Tries.capacity + $0]) }.filter { $0 > 0 }.map { $0 - 1 }
  }
}

private func itemOf(_ error: SeppoError) throws -> ItemError {
  guard case .itemThrew(let item) = error else { throw LawError(description: "unexpected error: \(error)") }
  return item
}

/// Reads a clock that all ranks of a host share.
private func nanosecondsNow() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Requires that the value is the same on every rank.
private func requireSame(_ value: String) throws { try requireEqual(try Seppo.atRoot { value }.broadcast(), value) }

/// Requires the right outcome of `mapResults` for every item, where the items for which `isBad` returns true throw.
private func requireOutcomes<R: Codable & Sendable & Equatable>(
  _ count: Int, chunk: Chunk = .automatic, threads: Int = 1, bad isBad: @Sendable (Int) -> Bool,
  _ value: @Sendable (Int) -> R
) throws {
  let f = { @Sendable (item: Int) throws -> R in
    if isBad(item) { throw Refused(item: item, reason: "bad") }
    return value(item)
  }
  let results = try Array(0..<count).parallel(chunk: chunk, threads: threads).mapResults(f)
  try requireEqual(results.count, count)
  for (item, outcome) in results.enumerated() {
    switch outcome {
    case .success(let result):
      try require(!isBad(item), "item \(item) should fail")
      try require(result == value(item), "item \(item) returned \(result)")
    case .failure(let error):
      try require(isBad(item), "item \(item): \(error)")
      let thrown = try itemOf(error)
      try requireEqual(thrown.index, item)
      try requireEqual(thrown.thrown(as: Refused.self), Refused(item: item, reason: "bad"))
    }
  }
  try requireSame("\(results)")
  let atRoot = try (0..<count).parallel(chunk: chunk, threads: threads).atRoot.mapResults(f)
  try atRoot.atRoot { atRoot in
    for (here, everywhere) in zip(atRoot, results) {
      switch (here, everywhere) {
      case (.success(let here), .success(let everywhere)): try require(here == everywhere, "\(here), \(everywhere)")
      case (.failure(let here), .failure(let everywhere)):
        try requireEqual(try itemOf(here).index, try itemOf(everywhere).index)
      default: throw LawError(description: "\(here) here, \(everywhere) everywhere")
      }
    }
    try requireEqual(atRoot.count, count)
  }
}

private func isAnotherRefused(_ item: ItemError) -> Bool {
  struct Refused: Error, Codable {}
  return item.thrown(as: Refused.self) != nil
}

let mapResultsLaws = [
  Law("mapResults returns every item's outcome: for numbers, strings, arrays; if no, some or all items fail") {
    for count in [0, 1, 2, 50, 300] {
      try requireOutcomes(count, bad: { _ in false }, { $0 * 2 })
      try requireOutcomes(count, bad: { _ in true }, { $0 })
      try requireOutcomes(count, bad: { $0 % 7 == 3 }, { Double($0).squareRoot() })
      try requireOutcomes(count, chunk: .items(4), bad: { $0 % 5 == 0 }, { "text \($0)" })
      try requireOutcomes(count, chunk: .items(1), threads: 2, bad: { $0 % 2 == 1 }, { Array(0..<($0 % 10)) })
    }
    try requireOutcomes(40, chunk: .items(3), bad: { $0 % 3 == 1 }, { Array(repeating: $0, count: 5_000) })
  },
  Law("a Codable error is returned itself, any other error by type name and description") {
    for error in [
      try errorOf {
        _ = try (0..<10).mapParallel { if $0 == 4 { throw Refused(item: $0, reason: "four") } else { $0 } }
      }
    ] {
      let item = try itemOf(error)
      try requireEqual(item.thrown(as: Refused.self), Refused(item: 4, reason: "four"))
      try require(item.thrown(as: SeppoError.self) == nil, "it was returned as another type")
      try require(!isAnotherRefused(item), "it was returned as another type of the same name")
      try requireEqual(item.tries, 1)
      try require("\(error)".contains("Refused: item 4 refused: four"), "\(error)")
    }
    let uncodable = try itemOf(try errorOf { _ = try (0..<3).mapParallel { _ -> Int in throw Uncodable() } })
    try require(uncodable.thrown(as: Refused.self) == nil, "\(uncodable)")
    try requireEqual(uncodable.type, "Uncodable")
  },
  Law("a result that can't be encoded or decoded fails only its item") {
    guard Seppo.size > 1 else { return }
    let results = try (0..<200).parallel(chunk: .items(20)).mapResults { Choosy($0) }
    for (item, outcome) in results.enumerated() {
      switch outcome {
      case .success(let value):
        try require(item % 3 != 0 && item % 5 != 0, "item \(item) came through")
        try requireEqual(value, Choosy(item))
      case .failure(.notEncodable(let failure)):
        try require(item % 3 == 0 && failure.index == item, "item \(item): not encodable \(failure.index ?? -1)")
      case .failure(.notDecodable(let failure)):
        try require(
          item % 3 != 0 && item % 5 == 0 && failure.index == item, "item \(item): not decodable \(failure.index ?? -1)")
      case .failure(let error): throw LawError(description: "item \(item): \(error)")
      }
    }
  },
  Law("a result that can't be encoded or decoded has the right index after items that threw") {
    guard Seppo.size > 1 else { return }
    let results = try (0..<200).parallel(chunk: .items(20)).mapResults { item in
      if item % 7 == 2 { throw Refused(item: item, reason: "seven") }
      return Choosy(item)
    }
    for (item, outcome) in results.enumerated() {
      switch outcome {
      case .success(let value): try requireEqual(value, Choosy(item))
      case .failure(.itemThrew(let error)): try require(item % 7 == 2 && error.index == item, "item \(item)")
      case .failure(.notEncodable(let failure)): try require(item % 3 == 0 && failure.index == item, "item \(item)")
      case .failure(.notDecodable(let failure)): try require(item % 5 == 0 && failure.index == item, "item \(item)")
      case .failure(let error): throw LawError(description: "item \(item): \(error)")
      }
    }
  },
  Law("an item that can't be encoded or decoded fails only itself") {
    // Repeats until an item was sent: on a busy machine, rank 0 may compute everything before another rank arrives.
    var failed = 0
    repeat {
      let results = try (0..<200).map { Choosy($0) }.parallel(chunk: .items(20)).mapResults { item -> Int in
        usleep(500)
        return item.value
      }
      failed = 0
      for (item, outcome) in results.enumerated() {
        switch outcome {
        case .success(let value): try requireEqual(value, item)
        case .failure(.notEncodable(let failure)): try require(item % 3 == 0 && failure.index == item, "item \(item)")
        case .failure(.notDecodable(let failure)): try require(item % 5 == 0 && failure.index == item, "item \(item)")
        case .failure(let error): throw LawError(description: "item \(item): \(error)")
        }
        if case .failure = outcome { failed += 1 }
      }
    } while failed == 0 && Seppo.size > 1
  },
  Law("an item that throws is retried, on another rank if there is one", withoutCheck: true) {
    for threads in [1, 3] {
      let tries = try Tries(60)
      let results = try (0..<60).parallel(chunk: .items(4), threads: threads, retries: 3).map { item -> Int in
        let before = tries.note(item)
        if item % 6 == 5, before < 3 { throw Refused(item: item, reason: "try \(before)") }
        return item
      }
      try requireEqual(results, Array(0..<60))
      for item in 0..<60 {
        let ranks = tries.ranks(item)
        try requireEqual(ranks.count, item % 6 == 5 ? 4 : 1, "tries of item \(item):")
        for (one, next) in zip(ranks, ranks.dropFirst()) where Seppo.size > 1 {
          try require(one != next, "item \(item) was tried on \(ranks)")
        }
      }
    }
  },
  Law("the error is the lowest item's last one, with the number of tries") {
    let tries = try Tries(50)
    let error = try itemOf(
      try errorOf {
        _ = try (0..<50).parallel(retries: 2).map { item -> Int in
          let before = tries.note(item)
          if item == 20 || item == 41 { throw Refused(item: item, reason: "try \(before)") }
          return item
        }
      })
    try requireEqual(error.index, 20)
    try requireEqual(error.tries, 3)
    try requireEqual(error.thrown(as: Refused.self), Refused(item: 20, reason: "try 2"))
    try require("\(SeppoError.itemThrew(error))".contains(", the last of 3 tries: Refused"), "\(error)")
    try requireEqual(tries.ranks(20).count, 3)
  },
  Law(
    "mapResults with retries: failures have the number of tries, and nothing else is computed twice", withoutCheck: true
  ) {
    let tries = try Tries(120)
    let results = try (0..<120).parallel(retries: 1).mapResults { item -> String in
      let before = tries.note(item)
      if item % 10 == 3 || (item % 10 == 7 && before == 0) { throw Refused(item: item, reason: "try \(before)") }
      return "item \(item)"
    }
    for (item, outcome) in results.enumerated() {
      switch outcome {
      case .success(let text):
        try require(item % 10 != 3, "item \(item) succeeded")
        try requireEqual(text, "item \(item)")
      case .failure(let error):
        try require(item % 10 == 3, "\(error)")
        try requireEqual(try itemOf(error).tries, 2)
      }
      try requireEqual(tries.ranks(item).count, item % 10 == 3 || item % 10 == 7 ? 2 : 1, "tries of item \(item):")
    }
  },
  Law("retries and mapResults work inside items") {
    let tries = try Tries(30)
    let counts = try (0..<3).parallel(chunk: .items(1)).map { outer -> [Int] in
      let own = (10 * outer)..<(10 * outer + 10)
      let values = try own.parallel(retries: 1, timeout: .seconds(60)).map { item -> Int in
        if tries.note(item) == 0, item % 3 == 0 { throw Uncodable() }
        return item
      }
      let results = try own.map { $0 }.parallel().mapResults { if $0 % 2 == 0 { throw Uncodable() } else { $0 } }
      return values + [results.count { if case .failure = $0 { true } else { false } }]
    }
    for outer in 0..<3 { try requireEqual(counts[outer], Array((10 * outer)..<(10 * outer + 10)) + [5]) }
  },
  Law("100 ms after the error that decides, no rank starts an item") {
    let count = 4_000
    let shared = try SharedBytes(8 * count)
    let thrower = 20 * Seppo.size
    let error = try itemOf(
      try errorOf {
        _ = try (0..<count).parallel(chunk: .items(1), threads: 2).map { item -> Int in
          shared.setNumber(nanosecondsNow(), at: item)
          if item == thrower { throw Uncodable() }
          usleep(2_000)
          return item
        }
      })
    try requireEqual(error.index, thrower)
    let started = (0..<count).map { shared.number(at: $0) }
    let late = started.indices.filter { started[$0] > started[thrower] + 100_000_000 }
    try require(late.isEmpty, "items \(late) were started after the error")
    try require(started.contains(0), "all items were started")
  },
  Law("the error of an invalid option names the option") {
    for (options, words) in [
      ([0, 1].parallel(retries: -1), "retries: -1"), ([0, 1].parallel(timeout: .zero), "timeout: 0.0 seconds"),
    ] {
      let error = try errorOf { _ = try options.map { $0 } }
      try require("\(error)".hasPrefix(words), "\(error)")
    }
  },
]
