import Foundation
import SeppoMPI

/// Travels with its reason.
private struct Refused: Error, Codable, Equatable, CustomStringConvertible {
  let item: Int
  let reason: String

  var description: String { "item \(item) refused: \(reason)" }
}

/// Doesn't.
private struct Mute: Error {}

/// Encodes where `value` is no multiple of three; decodes where it is no multiple of five.
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

/// A board with room for each try of each item: which rank made it, plus one.
private struct Tries {
  private let board: SharedBoard
  private static let most = 8

  init(_ count: Int) throws { board = try SharedBoard(count * Tries.most) }

  /// Notes a try of the item on this rank.
  ///
  /// - Returns: how many there were before.
  @discardableResult
  func note(_ item: Int) -> Int {
    var number = 0
    while number < Tries.most - 1, board[item * Tries.most + number] != 0 { number += 1 }
    board[item * Tries.most + number] = UInt8(Seppo.rank + 1)
    return number
  }

  /// The ranks that tried the item, in turn.
  func ranks(_ item: Int) -> [Int] {
    (0..<Tries.most).map { Int(board[item * Tries.most + $0]) }.filter { $0 > 0 }.map { $0 - 1 }
  }
}

private func itemOf(_ error: SeppoError) throws -> ItemError {
  guard case .itemThrew(let item) = error else { throw Broken(description: "another error: \(error)") }
  return item
}

/// The same clock for all ranks of a host.
private func nanosecondsNow() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// The same value on every rank.
private func holdSame(_ value: String) throws { try holdEqual(try Seppo.atRoot { value }.broadcast(), value) }

/// What mapResults gives for items that throw where `isBad` says so, against `map`.
private func holdFates<R: Codable & Sendable & Equatable>(
  _ count: Int, chunk: Chunk = .automatic, threads: Int = 1, bad isBad: @Sendable (Int) -> Bool,
  _ value: @Sendable (Int) -> R
) throws {
  let f = { @Sendable (item: Int) throws -> R in
    if isBad(item) { throw Refused(item: item, reason: "bad") }
    return value(item)
  }
  let results = try Array(0..<count).parallel(chunk: chunk, threads: threads).mapResults(f)
  try holdEqual(results.count, count)
  for (item, fate) in results.enumerated() {
    switch fate {
    case .success(let result):
      try hold(!isBad(item), "item \(item) was to fail")
      try hold(result == value(item), "item \(item) gave \(result)")
    case .failure(let error):
      try hold(isBad(item), "item \(item): \(error)")
      let thrown = try itemOf(error)
      try holdEqual(thrown.index, item)
      try holdEqual(thrown.thrown(as: Refused.self), Refused(item: item, reason: "bad"))
    }
  }
  try holdSame("\(results)")
  let atRoot = try (0..<count).parallel(chunk: chunk, threads: threads).atRoot.mapResults(f)
  try atRoot.atRoot { atRoot in
    for (here, everywhere) in zip(atRoot, results) {
      switch (here, everywhere) {
      case (.success(let here), .success(let everywhere)): try hold(here == everywhere, "\(here), \(everywhere)")
      case (.failure(let here), .failure(let everywhere)):
        try holdEqual(try itemOf(here).index, try itemOf(everywhere).index)
      default: throw Broken(description: "\(here) here, \(everywhere) everywhere")
      }
    }
    try holdEqual(atRoot.count, count)
  }
}

let fateLaws = [
  Law("every item has its fate: numbers, texts, arrays; none, some, all of them fail") {
    for count in [0, 1, 2, 50, 300] {
      try holdFates(count, bad: { _ in false }, { $0 * 2 })
      try holdFates(count, bad: { _ in true }, { $0 })
      try holdFates(count, bad: { $0 % 7 == 3 }, { Double($0).squareRoot() })
      try holdFates(count, chunk: .items(4), bad: { $0 % 5 == 0 }, { "text \($0)" })
      try holdFates(count, chunk: .items(1), threads: 2, bad: { $0 % 2 == 1 }, { Array(0..<($0 % 10)) })
    }
    try holdFates(40, chunk: .items(3), bad: { $0 % 3 == 1 }, { Array(repeating: $0, count: 5_000) })
  },
  Law("an error that is Codable comes back itself, another by its name and words") {
    for error in [
      try errorOf {
        _ = try (0..<10).mapParallel { if $0 == 4 { throw Refused(item: $0, reason: "four") } else { $0 } }
      }
    ] {
      let item = try itemOf(error)
      try holdEqual(item.thrown(as: Refused.self), Refused(item: 4, reason: "four"))
      try hold(item.thrown(as: SeppoError.self) == nil, "it came back as another type")
      try holdEqual(item.tries, 1)
      try hold("\(error)".contains("Refused: item 4 refused: four"), "\(error)")
    }
    let mute = try itemOf(try errorOf { _ = try (0..<3).mapParallel { _ -> Int in throw Mute() } })
    try hold(mute.thrown(as: Refused.self) == nil, "\(mute)")
    try holdEqual(mute.type, "Mute")
  },
  Law("a result that can't travel is its item's failure, and no other's") {
    guard Seppo.size > 1 else { return }
    let results = try (0..<200).parallel(chunk: .items(20)).mapResults { Choosy($0) }
    for (item, fate) in results.enumerated() {
      switch fate {
      case .success(let value):
        try hold(item % 3 != 0 && item % 5 != 0, "item \(item) came through")
        try holdEqual(value, Choosy(item))
      case .failure(.notEncodable(let failure)):
        try hold(item % 3 == 0 && failure.index == item, "item \(item): not encodable \(failure.index ?? -1)")
      case .failure(.notDecodable(let failure)):
        try hold(
          item % 3 != 0 && item % 5 == 0 && failure.index == item, "item \(item): not decodable \(failure.index ?? -1)")
      case .failure(let error): throw Broken(description: "item \(item): \(error)")
      }
    }
  },
  Law("a result that can't travel has its item's index, though items before it threw") {
    guard Seppo.size > 1 else { return }
    let results = try (0..<200).parallel(chunk: .items(20)).mapResults { item in
      if item % 7 == 2 { throw Refused(item: item, reason: "seven") }
      return Choosy(item)
    }
    for (item, fate) in results.enumerated() {
      switch fate {
      case .success(let value): try holdEqual(value, Choosy(item))
      case .failure(.itemThrew(let error)): try hold(item % 7 == 2 && error.index == item, "item \(item)")
      case .failure(.notEncodable(let failure)): try hold(item % 3 == 0 && failure.index == item, "item \(item)")
      case .failure(.notDecodable(let failure)): try hold(item % 5 == 0 && failure.index == item, "item \(item)")
      case .failure(let error): throw Broken(description: "item \(item): \(error)")
      }
    }
  },
  Law("an item that can't travel is its own failure, and no other's") {
    // Until something has travelled: on a busy machine rank 0 may have computed all before another rank has come.
    var failed = 0
    repeat {
      let results = try (0..<200).map { Choosy($0) }.parallel(chunk: .items(20)).mapResults { item -> Int in
        usleep(500)
        return item.value
      }
      failed = 0
      for (item, fate) in results.enumerated() {
        switch fate {
        case .success(let value): try holdEqual(value, item)
        case .failure(.notEncodable(let failure)): try hold(item % 3 == 0 && failure.index == item, "item \(item)")
        case .failure(.notDecodable(let failure)): try hold(item % 5 == 0 && failure.index == item, "item \(item)")
        case .failure(let error): throw Broken(description: "item \(item): \(error)")
        }
        if case .failure = fate { failed += 1 }
      }
    } while failed == 0 && Seppo.size > 1
  },
  Law("an item that throws is tried again, on another rank where there is one", withoutCheck: true) {
    for threads in [1, 3] {
      let tries = try Tries(60)
      let results = try (0..<60).parallel(chunk: .items(4), threads: threads, retries: 3).map { item -> Int in
        let before = tries.note(item)
        if item % 6 == 5, before < 3 { throw Refused(item: item, reason: "try \(before)") }
        return item
      }
      try holdEqual(results, Array(0..<60))
      for item in 0..<60 {
        let ranks = tries.ranks(item)
        try holdEqual(ranks.count, item % 6 == 5 ? 4 : 1, "tries of item \(item):")
        for (one, next) in zip(ranks, ranks.dropFirst()) where Seppo.size > 1 {
          try hold(one != next, "item \(item) was tried on \(ranks)")
        }
      }
    }
  },
  Law("the last error says how many tries there were, and it is the lowest item's") {
    let tries = try Tries(50)
    let error = try itemOf(
      try errorOf {
        _ = try (0..<50).parallel(retries: 2).map { item -> Int in
          let before = tries.note(item)
          if item == 20 || item == 41 { throw Refused(item: item, reason: "try \(before)") }
          return item
        }
      })
    try holdEqual(error.index, 20)
    try holdEqual(error.tries, 3)
    try holdEqual(error.thrown(as: Refused.self), Refused(item: 20, reason: "try 2"))
    try hold("\(SeppoError.itemThrew(error))".contains(", the last of 3 tries: Refused"), "\(error)")
    try holdEqual(tries.ranks(20).count, 3)
  },
  Law(
    "tries and fates together: what fails at last is told with its tries, nothing is computed twice", withoutCheck: true
  ) {
    let tries = try Tries(120)
    let results = try (0..<120).parallel(retries: 1).mapResults { item -> String in
      let before = tries.note(item)
      if item % 10 == 3 || (item % 10 == 7 && before == 0) { throw Refused(item: item, reason: "try \(before)") }
      return "item \(item)"
    }
    for (item, fate) in results.enumerated() {
      switch fate {
      case .success(let text):
        try hold(item % 10 != 3, "item \(item) came through")
        try holdEqual(text, "item \(item)")
      case .failure(let error):
        try hold(item % 10 == 3, "\(error)")
        try holdEqual(try itemOf(error).tries, 2)
      }
      try holdEqual(tries.ranks(item).count, item % 10 == 3 || item % 10 == 7 ? 2 : 1, "tries of item \(item):")
    }
  },
  Law("inside an item, tries and results are what they are outside") {
    let tries = try Tries(30)
    let counts = try (0..<3).parallel(chunk: .items(1)).map { outer -> [Int] in
      let own = (10 * outer)..<(10 * outer + 10)
      let values = try own.parallel(retries: 1, timeout: .seconds(60)).map { item -> Int in
        if tries.note(item) == 0, item % 3 == 0 { throw Mute() }
        return item
      }
      let results = try own.map { $0 }.parallel().mapResults { if $0 % 2 == 0 { throw Mute() } else { $0 } }
      return values + [results.count { if case .failure = $0 { true } else { false } }]
    }
    for outer in 0..<3 { try holdEqual(counts[outer], Array((10 * outer)..<(10 * outer + 10)) + [5]) }
  },
  Law("100 ms after the throw that decides, no rank begins an item any more") {
    let count = 4_000
    let board = try SharedBoard(8 * count)
    let thrower = 20 * Seppo.size
    let error = try itemOf(
      try errorOf {
        _ = try (0..<count).parallel(chunk: .items(1), threads: 2).map { item -> Int in
          board.setNumber(nanosecondsNow(), at: item)
          if item == thrower { throw Mute() }
          usleep(2_000)
          return item
        }
      })
    try holdEqual(error.index, thrower)
    let begun = (0..<count).map { board.number(at: $0) }
    let late = begun.indices.filter { begun[$0] > begun[thrower] + 100_000_000 }
    try hold(late.isEmpty, "items \(late) were begun after the throw")
    try hold(begun.contains(0), "all were begun")
  },
  Law("options that can't be are said") {
    for (options, words) in [
      ([0, 1].parallel(retries: -1), "retries: -1"), ([0, 1].parallel(timeout: .zero), "timeout: 0.0 seconds"),
    ] {
      let error = try errorOf { _ = try options.map { $0 } }
      try hold("\(error)".hasPrefix(words), "\(error)")
    }
  },
]
