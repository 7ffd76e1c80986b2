import Foundation
import SeppoMPI

private struct Unlucky: Error, CustomStringConvertible {
  let number: Int
  var description: String { "number \(number) is unlucky" }
}

private func mapThrowing(_ count: Int, at throwing: Set<Int>, chunk: Chunk = .automatic) throws -> [Int] {
  try (0..<count).parallel(chunk: chunk).map { item -> Int in
    if throwing.contains(item) { throw Unlucky(number: item) }
    return item
  }
}

private func requireThrow(_ count: Int, at throwing: Set<Int>, chunk: Chunk = .automatic, line: UInt = #line) throws {
  let error = try errorOf { _ = try mapThrowing(count, at: throwing, chunk: chunk) }
  guard case .itemThrew(let item) = error else {
    throw LawError(description: "another error: \(error)")
  }
  let lowest = throwing.min()!
  try requireEqual(item.index, lowest, "index:", line: line)
  try require((0..<Seppo.size).contains(item.rank), "rank \(item.rank)", line: line)
  try requireEqual(item.host, hostName(ofRank: item.rank), line: line)
  try requireEqual(item.type, "Unlucky", line: line)
  try requireEqual(item.description, "number \(lowest) is unlucky", line: line)
  try require(item.place.contains("ErrorLaws.swift:"), item.place, line: line)
  // The error has the same text on every rank.
  try requireEqual(try Seppo.atRoot { "\(error)" }.broadcast(), "\(error)", line: line)
}

/// Cannot be encoded if `value` is a multiple of three; cannot be decoded if it is a multiple of five.
private struct Picky: Codable, Sendable, Equatable {
  let value: Int

  init(_ value: Int) { self.value = value }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if value % 3 == 0 {
      throw EncodingError.invalidValue(value, .init(codingPath: [], debugDescription: "a multiple of three"))
    }
    try container.encode(value)
  }

  init(from decoder: any Decoder) throws {
    value = try decoder.singleValueContainer().decode(Int.self)
    if value % 5 == 0 {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "a multiple of five"))
    }
  }
}

/// Only one of its two properties is encoded.
private struct Lossy: Codable, Sendable {
  var kept: Int
  var lost = 0

  enum CodingKeys: CodingKey { case kept }
}

/// Counts its instances that are alive on each rank. One value cannot be encoded, and one cannot be decoded.
private final class Counted: Codable, Sendable {
  static let unencodable = -1_000
  static let undecodable = -2_000
  @TaskLocal static var alive = Counter()

  let value: Int
  private let alive = Counted.alive

  init(_ value: Int) {
    self.value = value
    alive.add(1)
  }

  convenience init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer().decode(Int.self)
    if value == Counted.undecodable { throw Unlucky(number: value) }
    self.init(value)
  }

  func encode(to encoder: any Encoder) throws {
    if value == Counted.unencodable { throw Unlucky(number: value) }
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }

  deinit { alive.add(-1) }
}

private let startsThreads = "a thread that the program starts itself belongs to no rank"

private func isPicky(
  _ failure: SeppoError.CodingFailure, _ reason: String, index: Int? = nil, rank: Int? = nil
) -> Bool {
  failure.type == "Picky" && failure.reason == reason && (index == nil || failure.index == index)
    && (rank == nil || failure.rank == rank)
}

let errorLaws = [
  Law("an error in the first, the middle or the last item is thrown, with its index") {
    for index in [0, 50, 99] {
      try requireThrow(100, at: [index])
      try requireThrow(100, at: [index], chunk: .items(1))
    }
  },
  Law("of several errors, the lowest index decides") {
    try requireThrow(1_000, at: [999, 3, 500])
    try requireThrow(1_000, at: Set(0..<1_000))
    try requireThrow(64, at: [63, 62], chunk: .items(1))
  },
  Law("the lowest index decides, even if it throws last") {
    let error = try errorOf {
      _ = try (0..<40).parallel(chunk: .items(1)).map { item -> Int in
        if item == 1 {
          usleep(100_000)
          throw Unlucky(number: 1)
        }
        if item > 1 { throw Unlucky(number: item) }
        return item
      }
    }
    guard case .itemThrew(let item) = error, item.index == 1 else { throw LawError(description: "\(error)") }
  },
  Law("an item that can't be encoded, in the middle of another rank's chunk, is an error with its index") {
    let items = (0..<(40 * Seppo.size)).map { Picky($0 % 10 == 4 ? 3 : 1) }
    do {
      let values = try items.parallel(chunk: .items(10)).map { item -> Int in
        usleep(2_000)
        return item.value
      }
      try require(Seppo.size == 1, "nothing was thrown")
      try requireEqual(values, items.map(\.value))
    } catch SeppoError.notEncodable(let failure) where isPicky(failure, "a multiple of three", rank: 0) {
      try requireEqual(failure.index.map { $0 % 10 }, 4)
    }
  },
  Law("after an error, no item with a higher index is started") {
    // Rank 0's thread has the first chunk; every other rank is in the middle of a chunk when it is notified.
    let size = 10_000
    let started = Counter()
    let error = try errorOf {
      _ = try (0..<(2 * size * Seppo.size)).parallel(chunk: .items(size)).map { item -> Int in
        if item == 0 {
          usleep(100_000)
          throw Unlucky(number: 0)
        }
        started.add(1)
        usleep(1_000)
        return item
      }
    }
    guard case .itemThrew(let item) = error, item.index == 0 else { throw LawError(description: "\(error)") }
    try require(started.value < size, "\(started.value) items were started")
  },
  Law("maps work as before after an error") {
    for round in 0..<20 {
      try requireThrow(50, at: [round])
      try requireEqual(try (0..<50).mapParallel { $0 + round }, (0..<50).map { $0 + round })
    }
  },
  Law("a map releases all items and results, even if it throws") {
    let items = Array(0..<200)
    let alive = Counter()
    try Counted.$alive.withValue(alive) {
      for _ in 0..<3 {
        let values = try items.map { Counted($0) }.parallel(chunk: .items(7)).map { Counted(-$0.value) }
        try requireEqual(values.map(\.value), items.map { -$0 })
        try withExtendedLifetime(values) { try requireEqual(alive.value, 200, "of the results:") }
      }
      try requireEqual(alive.value, 0, "after a map:")
      for failing in ["f", "encode", "decode"] {
        let bad = failing == "encode" ? Counted.unencodable : failing == "decode" ? Counted.undecodable : 1
        do {
          _ = try items.map { Counted($0) }.parallel(chunk: .items(7)).map { item -> Counted in
            if item.value == 150, failing == "f" { throw Unlucky(number: 150) }
            return Counted(item.value == 150 ? bad : 1)
          }
          // A single rank encodes nothing.
          try require(Seppo.size == 1 && failing != "f", "nothing was thrown")
        } catch is SeppoError {}
        try requireEqual(alive.value, 0, "after a throw in \(failing):")
      }
    }
  },
  Law("an error of a nested map is passed on") {
    let error = try errorOf {
      _ = try [0, 1].mapParallel { outer in
        try (0..<3).mapParallel { inner -> Int in
          if outer == 1, inner == 2 { throw Unlucky(number: 12) }
          return inner
        }
      }
    }
    guard case .itemThrew(let item) = error, item.index == 1, item.type == "SeppoError",
      case let description = item.description
    else {
      throw LawError(description: "\(error)")
    }
    try require(description.contains("item 2") && description.contains("number 12"), description)
  },
  Law("collective calls inside an item are errors") {
    for inside in [0, 1, 2] {
      let error = try errorOf {
        _ = try [1].mapParallel { item -> Int in
          switch inside {
          case 0: try Seppo.atRoot {}
          case 1: _ = try [1].parallel().atRoot.map { $0 }
          default: _ = try Seppo.atRoot { 1 }.broadcast()
          }
          return item
        }
      }
      guard case .itemThrew(let item) = error, item.index == 0, item.type == "SeppoError",
        case let description = item.description
      else {
        throw LawError(description: "\(error)")
      }
      try require(description.contains("inside an item"), description)
    }
  },
  Law("invalid options are errors on every rank") {
    let chunk = try errorOf { _ = try [1].parallel(chunk: .items(0)).map { $0 } }
    guard case .badOption(let option) = chunk, option.name == "chunk: .items(0)" else {
      throw LawError(description: "\(chunk)")
    }
    let threads = try errorOf { _ = try [1].parallel(threads: 0).map { $0 } }
    guard case .badOption(let option) = threads, option.name == "threads: 0" else {
      throw LawError(description: "\(threads)")
    }
    for many in [1_025, Int.max] {
      let error = try errorOf { _ = try [1].parallel(threads: many).map { $0 } }
      guard case .badOption(let option) = error, option.name == "threads: \(many)" else {
        throw LawError(description: "\(error)")
      }
    }
    try requireEqual(try [1].mapParallel { $0 }, [1])
    let inside = try errorOf { _ = try [1].mapParallel { item in try [item].parallel(threads: 0).map { $0 } } }
    guard case .itemThrew(let item) = inside, item.index == 0, item.type == "SeppoError",
      case let description = item.description
    else {
      throw LawError(description: "\(inside)")
    }
    try require(description.contains("threads: 0"), description)
  },
  Law("an item that can't be encoded or decoded is an error with its index") {
    // Items that rank 0 computes itself are not encoded, except with SEPPO_CHECK.
    let isCertain = getenv("SEPPO_CHECK") != nil
    func requireFailure(at index: Int, _ items: [Picky], reason: String) throws {
      do {
        let values = try items.parallel(chunk: .items(7)).map { [$0.value] }
        try require(!isCertain, "nothing was thrown")
        try requireEqual(values, items.map { [$0.value] })
      } catch let error as SeppoError {
        switch error {
        case .notEncodable(let failure) where isPicky(failure, reason, index: index): break
        case .notDecodable(let failure) where isPicky(failure, reason, index: index): break
        default: throw LawError(description: "\(error)")
        }
      }
    }
    try requireFailure(at: 119, (1...200).map { Picky($0 == 120 ? 3 : 1) }, reason: "a multiple of three")
    try requireFailure(at: 0, (1...200).map { Picky($0 == 1 ? 3 : 1) }, reason: "a multiple of three")
    try requireFailure(at: 150, (1...200).map { Picky($0 == 151 ? 5 : 1) }, reason: "a multiple of five")
    try requireEqual(try [1, 2].mapParallel { $0 }, [1, 2])
  },
  Law("an error at a lower index wins over an item that can't be decoded") {
    let error = try errorOf {
      _ = try (0..<20).map { Picky($0 == 15 ? 5 : 1) }.parallel(chunk: .items(20)).map { item -> Int in
        if item.value == 1 { throw Unlucky(number: 0) }
        return 0
      }
    }
    guard case .itemThrew(let item) = error, item.index == 0 else { throw LawError(description: "\(error)") }
  },
  Law("a result that can't be encoded is its item's error, on every rank") {
    guard Seppo.size > 1 || getenv("SEPPO_CHECK") != nil else { return }
    let error = try errorOf { _ = try (1...50).mapParallel { Picky($0 == 30 || $0 == 40 ? 6 : 1) } }
    guard case .notEncodable(let failure) = error, isPicky(failure, "a multiple of three", index: 29) else {
      throw LawError(description: "\(error)")
    }
    try requireEqual(try [1, 2].mapParallel { $0 }, [1, 2])
  },
  Law("a result that can't be decoded is its item's error, on every rank") {
    guard Seppo.size > 1 || getenv("SEPPO_CHECK") != nil else { return }
    for chunk in [Chunk.automatic, .items(1), .items(50)] {
      let error = try errorOf {
        _ = try (0..<50).parallel(chunk: chunk).map { item -> Picky in
          usleep(200)
          return Picky(item < 7 ? 1 : 5)
        }
      }
      guard case .notDecodable(let failure) = error, isPicky(failure, "a multiple of five", index: 7) else {
        throw LawError(description: "\(error)")
      }
      try requireEqual(try Seppo.atRoot { "\(error)" }.broadcast(), "\(error)")
    }
  },
  Law("results with a property that isn't encoded are the same on every rank") {
    let results = try (0..<40).parallel(chunk: .items(1)).map { item -> Lossy in
      usleep(1_000)
      return Lossy(kept: item, lost: 1)
    }
    try requireEqual(results.map(\.kept), Array(0..<40))
    let atRoot = try Seppo.atRoot { results.map(\.lost) }.broadcast()
    try requireEqual(results.map(\.lost), atRoot)
    // The property has its default, no matter which rank computed the result.
    let onRoot = try (0..<40).parallel(chunk: .items(1)).atRoot.map { item -> Lossy in
      usleep(1_000)
      return Lossy(kept: item, lost: 1)
    }
    try onRoot.atRoot { try requireEqual(Set($0.map(\.lost)).count, 1) }
  },
  Law("a broadcast value that can't be encoded or decoded is an error, and later calls work") {
    guard Seppo.size > 1 || getenv("SEPPO_CHECK") != nil else { return }
    let unencodable = try errorOf { _ = try Seppo.atRoot { Picky(3) }.broadcast() }
    guard case .notEncodable(let failure) = unencodable, failure.index == nil,
      isPicky(failure, "a multiple of three", rank: 0)
    else {
      throw LawError(description: "\(unencodable)")
    }
    let undecodable = try errorOf { _ = try Seppo.atRoot { Picky(5) }.broadcast() }
    guard case .notDecodable(let failure) = undecodable, failure.index == nil,
      isPicky(failure, "a multiple of five", rank: 0)
    else {
      throw LawError(description: "\(undecodable)")
    }
    let lossy = try Seppo.atRoot { Lossy(kept: 7, lost: 1) }.broadcast()
    try requireEqual(lossy.lost, try Seppo.atRoot { lossy.lost }.broadcast())
    try requireEqual(try [1, 2].mapParallel { $0 }, [1, 2])
  },
  Law("a map on a thread that an item started counts as inside the item", needsProcess: startsThreads) {
    // Without a launcher each thread may make calls of its own.
    guard getenv("OMPI_COMM_WORLD_SIZE") != nil else { return }
    for threads in [1, 2] {
      let errors = try (0..<4).parallel(threads: threads).map { _ in
        OtherThread { "\(try errorOf { _ = try [1].mapParallel { $0 } })" }.result()
      }
      for error in errors { try require(error.contains("inside an item") && error.contains("ErrorLaws.swift:"), error) }
    }
  },
  Law("a struct that is declared PlainMemory but isn't is an error at the first call") {
    let results = try errorOf { _ = try [1, 2].mapParallel { Flagged(number: $0) } }
    let items = try errorOf { _ = try [Flagged(number: 1)].mapParallel { $0.number } }
    let value = try errorOf { _ = try Seppo.atRoot { [Flagged(number: 1)] }.broadcast() }
    for error in [results, items, value] {
      guard case .badOption(let option) = error, option.name == "Flagged" else {
        throw LawError(description: "\(error)")
      }
    }
  },
  Law("an item's error has the localized description of the thrown error") {
    let error = try errorOf { _ = try [1].mapParallel { _ -> Int in throw Localized() } }
    guard case .itemThrew(let item) = error, item.description == "the file server refuses" else {
      throw LawError(description: "\(error)")
    }
  },
  Law("overlapping calls are an error", needsProcess: startsThreads) {
    // Without a launcher they are not.
    guard getenv("OMPI_COMM_WORLD_SIZE") != nil else { return }
    // A thread of the program makes a call while another thread is in the body of atRoot.
    let error = try Seppo.atRoot { () -> String in
      let thread = OtherThread { "\(try errorOf { _ = try [1].mapParallel { $0 } })" }
      return thread.result()
    }.broadcast()
    try require(error.contains("another thread"), error)
  },
]

private struct Flagged: Codable, PlainMemory {
  var number: Int
  var isOdd = false
}

private struct Localized: LocalizedError {
  var errorDescription: String? { "the file server refuses" }
}

/// A thread that the program starts itself.
///
/// `Sendable` because the text is read after the thread was joined.
private final class OtherThread: @unchecked Sendable {
  private var thread = pthread_t()
  private var text = ""
  private let body: () throws -> String

  init(_ body: @escaping () throws -> String) {
    self.body = body
    pthread_create(
      &thread, nil,
      { argument in
        let me = Unmanaged<OtherThread>.fromOpaque(argument!).takeUnretainedValue()
        do { me.text = try me.body() } catch { me.text = "\(error)" }
        return nil
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  func result() -> String {
    pthread_join(thread, nil)
    return text
  }
}
