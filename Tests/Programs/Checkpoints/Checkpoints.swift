// Maps with a checkpoint, which the test suite interrupts and starts again:
//
//   mpirun -n 3 Checkpoints NAME FILE LOG [NUMBER]
//
// FILE is the checkpoint. Each computed item appends its index to LOG. Rank 0 prints a digest of the results.

import Foundation
import SeppoCheckpoint
import SeppoMPI

struct ProgramError: Error, CustomStringConvertible {
  var description: String { "an error of the program" }
}

/// A result that is encoded, not sent as memory.
struct Fit: Codable, Sendable, Equatable {
  var amplitude: Double
  var label: String?
  var residuals: [Float]
}

/// A result that takes long to decode.
struct Large: Codable, Sendable {
  var value: Int

  init(_ value: Int) { self.value = value }

  init(from decoder: any Decoder) throws {
    usleep(2_000)
    value = try decoder.singleValueContainer().decode(Int.self)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }
}

@main
struct Checkpoints {
  static let arguments = CommandLine.arguments
  static let name = arguments[1]
  static let file = arguments[2]
  static let log = open(arguments[3], O_WRONLY | O_APPEND | O_CREAT, 0o644)
  static let number = arguments.count > 4 ? Int(arguments[4]) ?? 0 : 0

  static func main() {
    Seppo.run { try run() }
  }

  static func run() throws {
    switch name {
    case "doubles": try show((0..<2_000).parallel(checkpoint: .sqlite(file)).map(number(_:)))
    case "fits": try show((0..<500).parallel(checkpoint: .sqlite(file)).map(fit))
    case "fits at root":
      let fits = try (0..<500).parallel(checkpoint: .sqlite(file)).atRoot.map(fit)
      try fits.atRoot { print(digest($0)) }
    case "strings by chunks of 7":
      let words = try Seppo.atRoot { (0..<300).map { "word \($0)" } }
      try show(words.parallel(chunk: .items(7), checkpoint: .sqlite(file)).map { try text($0) })
    case "stride": try show(stride(from: 0.0, to: 100, by: 0.25).parallel(checkpoint: .sqlite(file)).map { $0 * $0 })
    case "sets":
      let sets = (0..<50).map { Set(($0..<($0 + 20)).map { "element \($0)" }) }
      try show(
        sets.parallel(checkpoint: .sqlite(file)).map {
          note($0.count)
          return $0.count
        })
    case "stream":
      var fits: [Fit] = []
      try (0..<500).parallel(checkpoint: .sqlite(file), buffer: 20).forEachResult(fit) { index, fit in
        guard index == fits.count else { throw ProgramError() }
        fits.append(fit)
      }
      try Seppo.atRoot { print(digest(fits)) }
    // The consumer throws after NUMBER results; 0 for never. Prints the indices in the order in which they are consumed.
    case "stream that ends early":
      var indices: [Int] = []
      do {
        try (0..<500).parallel(checkpoint: .sqlite(file), buffer: 20).forEachResult(fit, order: .completion) {
          index, _ in
          indices.append(index)
          if indices.count == number { throw ProgramError() }
        }
      } catch SeppoError.consumerThrew {}
      try Seppo.atRoot { print(indices.map { "\($0)" }.joined(separator: " ")) }
    case "no items": try show([Int]().parallel(checkpoint: .sqlite(file)).map { $0 })
    // NUMBER slow items.
    case "slow": try show((0..<max(number, 1)).parallel(checkpoint: .sqlite(file)).map(slow))
    case "slow, without checkpoint": try show((0..<max(number, 1)).mapParallel(slow))
    case "one long item":
      try show(
        (0..<8).parallel(chunk: .items(1), checkpoint: .sqlite(file)).map { item in
          note(item)
          if item == 3 { for _ in 0..<number { usleep(100_000) } }
          return item
        })
    case "long items":
      try show(
        (0..<12).parallel(chunk: .items(1), checkpoint: .sqlite(file)).map { item in
          note(item)
          for _ in 0..<number { usleep(100_000) }
          return item
        })
    case "programs": try show((0..<24).parallel(chunk: .items(2), checkpoint: .sqlite(file)).map(program))
    case "programs, without checkpoint": try show((0..<24).parallel(chunk: .items(2)).map(program))
    case "programs, and the others":
      try show((0..<24).parallel(chunk: .items(2), checkpoint: .sqlite(file)).mapResults(program).map { try $0.get() })
    case "a program in atRoot":
      if !Seppo.isRoot { note(Seppo.rank) }
      try Seppo.atRoot {
        note(0)
        _ = try program(0, seconds: "60")
      }
    case "a program outside of calls":
      // A rank that hasn't started MPI yet would die of the signal.
      note(Seppo.rank)
      _ = try program(0, seconds: "60")
    case "throw after the request":
      try show(
        (0..<24).parallel(chunk: .items(1), checkpoint: .sqlite(file)).map { item -> Int in
          note(item)
          sleep(2)
          throw ProgramError()
        })
    case "the last of a chunk fails":
      try show(
        (0..<60).parallel(chunk: .items(20), checkpoint: .sqlite(file)).map { item in
          if item % 20 == 19, number > 0 { throw ProgramError() }
          return try number(item)
        })
    case "retries, timeout and threads":
      try show(
        (0..<200).parallel(threads: 2, retries: 1, timeout: .seconds(20), checkpoint: .sqlite(file)).map { item in
          try slow(item) + [1.0, 2].map { $0 }.mapParallel { $0 * 2 }.reduce(0, +)
        })
    // Items below NUMBER fail.
    case "failures":
      let results = try (0..<100).parallel(checkpoint: .sqlite(file)).mapResults(failsBelow(number))
      try Seppo.atRoot {
        let failed = results.indices.filter { if case .failure = results[$0] { true } else { false } }
        print("\(failed.count) failed")
      }
    // Item NUMBER terminates its rank.
    case "poison": try show((0..<60).parallel(checkpoint: .sqlite(file)).map(poisoned))
    case "poison, and the others":
      let results = try (0..<60).parallel(checkpoint: .sqlite(file)).mapResults(poisoned)
      try Seppo.atRoot {
        for (index, result) in results.enumerated() {
          if case .failure(let error) = result { print("\(index): \(error)") }
        }
        print("\(results.count) items")
      }
    case "poison on the first death":
      try show((0..<60).parallel(checkpoint: .sqlite(file, deaths: 1)).map(poisoned))
    case "crash": try show((0..<60).parallel(checkpoint: .sqlite(file)).map(crashing))
    case "isolated crash":
      let results = try (0..<60).parallel(checkpoint: .sqlite(file), isolation: .process).mapResults(crashing)
      try Seppo.atRoot {
        for result in results { if case .failure(let error) = result { print(error) } }
      }
    case "two calls":
      try show((0..<100).parallel(checkpoint: .sqlite(file)).map(number(_:)))
      try show((0..<50).parallel(checkpoint: .sqlite(file)).map(fit))
    case "labels":
      for round in 0..<3 {
        try show((0..<50).parallel(checkpoint: .sqlite(file, label: "round \(round)")).map { try number($0 + round) })
      }
    // The items don't show what is computed.
    case "the same line in a loop":
      for round in 0..<3 {
        try show((0..<50).parallel(checkpoint: .sqlite(file)).map { try number($0 + 100 * round) })
      }
    case "the same label in a loop":
      for round in 0..<3 {
        try show((0..<50).parallel(checkpoint: .sqlite(file, label: "all")).map { try number($0 + 100 * round) })
      }
    // The first round fails if NUMBER is 1.
    case "an error in a loop", "an error in a loop with a label":
      let label = name.hasSuffix("label") ? "all" : nil
      for round in 1...3 {
        do {
          try check(
            (0..<20).parallel(checkpoint: .sqlite(file, label: label)).map { item in
              if round == 1, number == 1, item == 15 { throw ProgramError() }
              return try Double(round) * number(item)
            }, round)
        } catch SeppoError.itemThrew {}
      }
    case "another call of the label after an error":
      do {
        try show((0..<100).parallel(checkpoint: .sqlite(file, label: "one")).map(failsFrom(number)))
      } catch SeppoError.itemThrew {}
      try check((0..<100).parallel(checkpoint: .sqlite(file, label: "one")).map { try 2 * number($0) }, 2)
    case "a checkpoint error in a loop":
      for round in 1...2 {
        do {
          try check(
            (0..<20).parallel(checkpoint: .sqlite("\(file)-folder/results.sqlite")).map {
              try Double(round) * number($0)
            },
            round)
        } catch SeppoError.checkpoint {
          try Seppo.atRoot { mkdir("\(file)-folder", 0o777) }
        }
      }
    case "one file by several names":
      let folder = file.prefix(upTo: file.lastIndex(of: "/") ?? file.endIndex)
      try Seppo.atRoot { symlink(file, "\(folder)/link") }
      chdir("\(folder)")
      for (round, name) in [file, "\(folder)/./results.sqlite", "results.sqlite", "link", "hard"].enumerated() {
        if name == "hard" { try Seppo.atRoot { link(file, name) } }
        try check((0..<20).parallel(checkpoint: .sqlite(name)).map { try Double(round) * number($0) }, round)
      }
    case "the file is truncated":
      try show(
        (0..<100).parallel(checkpoint: .sqlite(file, mostAtRisk: 10)).map { item in
          if item == 60 { truncate(file, 0) }
          return try slow(item)
        })
    case "a result that is too long":
      let texts = try (0..<5).parallel(checkpoint: .sqlite(file)).atRoot.map { item in
        note(item)
        return [UInt8](repeating: 1, count: item == 3 ? 1_000_000_001 : item)
      }
      try texts.atRoot { print($0.map(\.count)) }
    case "count": try show((0..<max(number, 1)).parallel(checkpoint: .sqlite(file, label: "count")).map(number(_:)))
    case "values": try show([0, 1, number].parallel(checkpoint: .sqlite(file, label: "values")).map(number(_:)))
    case "values, item by item":
      try show(
        (0..<100).map { $0 == 40 ? number : $0 }
          .parallel(checkpoint: .sqlite(file, label: "values", resume: .perItem)).map(number(_:)))
    case "an item inserted in front, item by item":
      try show(
        ((number > 0 ? [-number] : []) + Array(0..<100))
          .parallel(checkpoint: .sqlite(file, label: "values", resume: .perItem)).map { try number(abs($0)) })
    case "type": try show((0..<20).parallel(checkpoint: .sqlite(file, label: "type")).map { Int($0) })
    case "other type": try show((0..<20).parallel(checkpoint: .sqlite(file, label: "type")).map { Double($0) })
    // NUMBER is 1 if the types have been edited.
    case "particles", "lines", "outcomes": try (number == 0 ? before : after)(name)
    // If NUMBER is 1, the last rank throws while rank 0 restores results. The stored results have gaps.
    case "an error during restore":
      if number == 1, Seppo.rank == Seppo.size - 1 { throw ProgramError() }
      _ = try (0..<400).parallel(checkpoint: .sqlite(file, label: "large")).mapResults { item in
        if item % 2 == 1 { throw ProgramError() }
        return Large(Int(try number(item)))
      }
    case "filter": try show((0..<500).parallel(checkpoint: .sqlite(file)).filter { try number($0) > 11 })
    case "mapReduce":
      try show([(0..<5_000).parallel(checkpoint: .sqlite(file)).mapReduce(0.5, { try number($0) }, +)])
    // Item NUMBER, if it isn't 0, throws after a while.
    case "search":
      let found = try (0..<2_000).parallel(checkpoint: .sqlite(file)).first { item in
        note(item)
        if item == number, item > 0 {
          sleep(1)
          throw ProgramError()
        }
        return item >= 150
      }
      try show([found])
    case "in an item":
      _ = try (0..<4).mapParallel { _ in try [1].parallel(checkpoint: .sqlite(file)).map { $0 } }
    case "in atRoot": try Seppo.atRoot { _ = try [1].parallel(checkpoint: .sqlite(file)).atRoot.map { $0 } }
    case "an error that is caught":
      do {
        try show([1].parallel(checkpoint: .sqlite(file)).map { $0 })
      } catch SeppoError.checkpoint(let failure) {
        print("rank \(Seppo.rank): \(failure.error)")
      }
      try show((0..<10).mapParallel { $0 })
    case "a map without checkpoint, after one with":
      try show((0..<10).parallel(checkpoint: .sqlite(file)).map(number(_:)))
      try show((0..<max(number, 1)).mapParallel(slow))
    case "atRoot after a map":
      try show((0..<10).parallel(checkpoint: .sqlite(file)).map(number(_:)))
      try Seppo.atRoot {
        note(10)
        for _ in 0..<number { usleep(100_000) }
      }
    case "code after a map":
      _ = try (0..<10).parallel(checkpoint: .sqlite(file, label: "code")).map(number(_:))
      // Signals the test that the map has finished.
      if Seppo.isRoot { note(10) }
      for _ in 0..<number { usleep(100_000) }
    default: throw ProgramError()
    }
  }

  static func note(_ item: Int) {
    let line = "\(item)\n"
    _ = line.utf8.withContiguousStorageIfAvailable { Glibc.write(log, $0.baseAddress, $0.count) }
  }

  static func number(_ item: Int) throws -> Double {
    note(item)
    return (Double(item) * 1.1).squareRoot()
  }

  static func fit(_ item: Int) throws -> Fit {
    note(item)
    return Fit(
      amplitude: item % 50 == 0 ? .nan : Double(item) / 3, label: item % 3 == 0 ? nil : "star \(item)",
      residuals: (0..<(item % 9)).map { Float($0) / 7 })
  }

  static func text(_ word: String) throws -> String {
    note(Int(word.dropFirst(5)) ?? -1)
    return word + word
  }

  /// Items from this index on don't finish, so that the job can't end before it is killed.
  static let held = getenv("CHECKPOINTS_HELD").flatMap { Int(String(cString: $0)) } ?? .max

  static func slow(_ item: Int) throws -> Double {
    if item >= held { sleep(600) }
    usleep(5_000)
    return try number(item)
  }

  /// Runs another program, and throws if its status isn't 0.
  static func program(_ item: Int) throws -> Double { try program(item, seconds: "0.4") }

  static func program(_ item: Int, seconds: String) throws -> Double {
    var arguments: [UnsafeMutablePointer<CChar>?] = (["sh", "-c", "sleep \(seconds)"] as [String]).map { strdup($0) }
    arguments.append(nil)
    var child = pid_t()
    var status: Int32 = 0
    guard posix_spawn(&child, "/bin/sh", nil, nil, &arguments, environ) == 0, waitpid(child, &status, 0) == child,
      status == 0
    else { throw ProgramError() }
    return try number(item)
  }

  static func failsBelow(_ bound: Int) -> @Sendable (Int) throws -> Double {
    { item in
      if item < bound { throw ProgramError() }
      return try number(item)
    }
  }

  static func failsFrom(_ bound: Int) -> @Sendable (Int) throws -> Double {
    { item in
      if item >= bound { throw ProgramError() }
      return try number(item)
    }
  }

  static func poisoned(_ item: Int) throws -> Double {
    if item == number { kill(getpid(), SIGKILL) }
    return try slow(item)
  }

  static func crashing(_ item: Int) throws -> Double {
    if item == number { fatalError("on purpose") }
    return try slow(item)
  }

  /// Prints whether these are the results of the round.
  static func check(_ results: [Double], _ round: Int) throws {
    let wanted = results.indices.map { Double(round) * (Double($0) * 1.1).squareRoot() }
    try Seppo.atRoot { print("round \(round): \(results == wanted ? "right" : "wrong")") }
  }

  static func show<Value: Encodable>(_ results: [Value]) throws { try Seppo.atRoot { print(digest(results)) } }

  /// FNV-1a over the texts of the results.
  static func digest<Value>(_ results: [Value]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for result in results {
      for byte in "\(result)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
    return "\(results.count) results, \(String(hash, radix: 16))"
  }
}
