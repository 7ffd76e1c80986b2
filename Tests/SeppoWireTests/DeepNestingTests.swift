import Foundation
import SeppoWire
import Testing

/// Too deep a value is an error on either side, and what may be written may be read.
///
/// The depth that is allowed must fit on the stack: these run on a thread of half the main thread's 8 MiB.
@Suite struct DeepNestingTests {
  /// (Much more under the address sanitizer, whose frames are several times as large.)
  static let stack = dlsym(nil, "__asan_init") == nil ? 4 << 20 : 64 << 20

  /// Levels that stay below the limit, and levels that don't.
  static let allowed = 300
  static let forbidden = 1_001

  @Test func chains() throws {
    try onThread(stack: DeepNestingTests.stack) {
      // A recursive enum takes an enum's nested container and its payload at each level.
      try expectLimit { depth in
        var chain = Chain.end
        for value in 0..<(depth / 2) { chain = .link(value, chain) }
        return chain
      }
    }
  }

  @Test func structsByKey() throws {
    try onThread(stack: DeepNestingTests.stack) {
      try expectLimit { depth in
        var box = Box(value: 0, next: nil)
        for value in 0..<(depth / 3) { box = Box(value: value, next: [box]) }
        return box
      }
    }
  }

  @Test func optionalsAndLists() throws {
    try onThread(stack: DeepNestingTests.stack) {
      try expectLimit { Nest(levels: $0 / 2, kind: .list) }
      try expectLimit { Nest(levels: $0 / 2, kind: .keyed) }
      try expectLimit { Nest(levels: $0 / 2, kind: .single) }
      try expectLimit { Nest(levels: $0 / 2, kind: .superEncoder) }
    }
  }

  /// Bytes can nest deeper than any value that can be written.
  @Test func deeperThanWritten() throws {
    try onThread(stack: DeepNestingTests.stack) {
      for (tag, opening) in [
        (UInt8(0x15), [UInt8]()), (0x13, [1, UInt8(ascii: "n")]), (0x14, [1, UInt8(ascii: "n")]),
      ] {
        for depth in [1_001, 2_000, 20_000] {
          var bytes: [UInt8] = [0x15, 0, 0, 0, 0, 0, 0]
          var parts: [[UInt8]] = []
          var inside = bytes.count
          for _ in 0..<depth {
            let length = inside + opening.count
            parts.append([tag] + (0..<6).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + opening)
            inside = length + 7
          }
          bytes = parts.reversed().flatMap { $0 } + bytes
          #expect(decodingError(Descent.self, from: bytes)?.reason.contains("nest deeper") == true)
        }
      }
      let somes = [UInt8](repeating: 0x02, count: 100_000) + [0x01]
      #expect(decodingError(Int??.self, from: somes) != nil)
      #expect(decodingError([Int??].self, from: [0x15, 0xA1, 0x86, 0x01, 0, 0, 0] + somes) != nil)
    }
  }
}

/// Values whose depth is written are read again, and those that are too deep are refused with a reason.
private func expectLimit<T: Codable & Equatable>(
  sourceLocation: SourceLocation = #_sourceLocation, _ make: (Int) -> T
) throws {
  let fine = make(DeepNestingTests.allowed)
  #expect(try roundTrip(fine) == fine, sourceLocation: sourceLocation)
  // The deepest that can be written.
  var deepest = DeepNestingTests.allowed
  var bytes = try encoded([fine])
  var tooDeep = 4 * DeepNestingTests.forbidden
  while tooDeep - deepest > 1 {
    let depth = (deepest + tooDeep) / 2
    if let written = try? encoded([make(depth)]) { (deepest, bytes) = (depth, written) } else { tooDeep = depth }
  }
  #expect(try decoded(T.self, from: bytes) == [make(deepest)], sourceLocation: sourceLocation)
  let error = encodingError(make(tooDeep), sourceLocation: sourceLocation)
  #expect(error?.reason.contains("nest deeper") == true, sourceLocation: sourceLocation)
}

/// Runs the body on a thread with a stack of so many bytes.
func onThread(stack: Int, _ body: @escaping @Sendable () throws -> Void) throws {
  final class Outcome: @unchecked Sendable {
    // Written by the thread, read after the semaphore.
    var result: Result<Void, any Error> = .success(())
  }
  let outcome = Outcome()
  let done = DispatchSemaphore(value: 0)
  let thread = Thread {
    outcome.result = Result { try body() }
    done.signal()
  }
  thread.stackSize = stack
  thread.start()
  done.wait()
  try outcome.result.get()
}

struct Box: Codable, Equatable {
  var value: Int
  var next: [Box]?
}

struct Nest: Codable, Equatable {
  enum Kind: String, Codable { case list, keyed, single, superEncoder }
  var levels: Int
  var kind: Kind

  func encode(to encoder: any Encoder) throws {
    guard levels > 0 else {
      var single = encoder.singleValueContainer()
      return try single.encode(kind)
    }
    let inner = Nest(levels: levels - 1, kind: kind)
    switch kind {
    case .list:
      var list = encoder.unkeyedContainer()
      try list.encode([inner])
    case .keyed:
      var keyed = encoder.container(keyedBy: AnyKey.self)
      var nested = keyed.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("n"))
      try nested.encode(inner, forKey: AnyKey("n"))
    case .single:
      var single = encoder.singleValueContainer()
      try single.encode(One(value: inner))
    case .superEncoder:
      var keyed = encoder.container(keyedBy: AnyKey.self)
      try keyed.encode(1, forKey: AnyKey("one"))
      try inner.encode(to: keyed.superEncoder())
    }
  }

  init(levels: Int, kind: Kind) { (self.levels, self.kind) = (levels, kind) }

  init(from decoder: any Decoder) throws {
    let single = try decoder.singleValueContainer()
    if let kind = try? single.decode(Kind.self) {
      self.init(levels: 0, kind: kind)
      return
    }
    let inner: Nest
    if var list = try? decoder.unkeyedContainer() {
      inner = try list.decode([Nest].self)[0]
    } else {
      let keyed = try decoder.container(keyedBy: AnyKey.self)
      if keyed.contains(AnyKey("super")) {
        inner = try Nest(from: keyed.superDecoder())
      } else if keyed.contains(AnyKey("value")) {
        inner = try single.decode(One<Nest>.self).value
      } else {
        inner = try keyed.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("n")).decode(
          Nest.self, forKey: AnyKey("n"))
      }
    }
    self.init(levels: inner.levels + 1, kind: inner.kind)
  }
}

/// Goes down as deep as the bytes go.
struct Descent: Decodable {
  init(from decoder: any Decoder) throws {
    if var list = try? decoder.unkeyedContainer() {
      while !list.isAtEnd { _ = try list.decode(Descent.self) }
    } else {
      _ = try decoder.container(keyedBy: AnyKey.self).decode(Descent.self, forKey: AnyKey("n"))
    }
  }
}
