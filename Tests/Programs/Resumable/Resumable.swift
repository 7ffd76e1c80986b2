// A map with a checkpoint, for tests that stop and relaunch it. Each item sleeps, and the test knows its value.
//
//   Resumable --items 100 --ms 50 --checkpoint x.sqlite [--from 0] [--log FILE]
//
// Prints one line, `items 100 checksum 328350 computed 40`; the last number counts the items computed by this launch.
// With --log, each started item appends a line to FILE, `item pid time`, which shows what ran, and what ran twice.

import Foundation
import SeppoCheckpoint
import SeppoMPI

@main
struct Resumable {
  static func main() {
    Seppo.run {
      let options = try Options(CommandLine.arguments.dropFirst())
      let launch = try Seppo.atRoot { UInt64.random(in: .min ... .max) }.broadcast()
      let outcomes = try (options.from..<options.from + options.items)
        .parallel(checkpoint: .sqlite(options.checkpoint))
        .map { item in
          try log(item, to: options.log)
          usleep(UInt32(options.milliseconds * 1000))
          return Outcome(value: item * item % 1_000_003, launch: launch)
        }
      try Seppo.atRoot {
        let checksum = outcomes.reduce(0) { $0 + $1.value }
        let computed = outcomes.count { $0.launch == launch }
        print("items \(outcomes.count) checksum \(checksum) computed \(computed)")
      }
    }
  }

  /// Appends a line in one write, so that lines of several ranks don't mix, and syncs it before the item continues.
  private static func log(_ item: Int, to file: String?) throws {
    guard let file else { return }
    let descriptor = open(file, O_WRONLY | O_APPEND | O_CREAT, 0o644)
    guard descriptor >= 0 else { throw LogError(file: file, code: errno) }
    defer { close(descriptor) }
    let line = Array("\(item) \(getpid()) \(Date().timeIntervalSince1970)\n".utf8)
    guard write(descriptor, line, line.count) == line.count, fsync(descriptor) == 0 else {
      throw LogError(file: file, code: errno)
    }
  }
}

struct Outcome: Codable, Sendable {
  var value: Int
  var launch: UInt64
}

struct LogError: Error {
  var file: String
  var code: Int32
}

struct UsageError: Error, CustomStringConvertible {
  var description: String
}

struct Options: Sendable {
  var items = 100, milliseconds = 50, from = 0
  var checkpoint = "resumable.sqlite"
  var log: String?

  init(_ arguments: ArraySlice<String>) throws {
    var rest = arguments
    while let name = rest.popFirst() {
      guard let value = rest.popFirst() else { throw UsageError(description: "\(name) needs a value") }
      switch name {
      case "--items": items = try Self.number(value, of: name)
      case "--ms": milliseconds = try Self.number(value, of: name)
      case "--from": from = try Self.number(value, of: name)
      case "--checkpoint": checkpoint = value
      case "--log": log = value
      default: throw UsageError(description: "unknown option \(name)")
      }
    }
  }

  private static func number(_ value: String, of name: String) throws -> Int {
    guard let number = Int(value), number >= 0 else {
      throw UsageError(description: "\(name) needs a number, 0 or more")
    }
    return number
  }
}
