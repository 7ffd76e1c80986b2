import Foundation
import SeppoWire
import Testing

/// A value may nest 120,000 levels deep, on any thread. A deeper value is an error.
///
/// The values are created, compared and freed on a thread with 1 GiB of stack, and coded on one with 512 KiB.
@Suite(.serialized) struct DeepNestingTests {
  /// With the address sanitizer, stack frames are several times larger.
  static let isSanitized = dlsym(nil, "__asan_init") != nil

  /// - Parameter levels: of an indirect enum. Each takes two levels of nesting.
  @Test(arguments: [1, 401, soak == 1 ? 20_000 : 59_998])
  func chains(levels: Int) throws {
    try onLargeThread { try expectRoundTrip { Chain(levels: levels) } }
  }

  @Test(arguments: [60_000])
  func chainsBeyondTheLimit(levels: Int) throws {
    try onLargeThread {
      let error = try onSmallThread(Chain(levels: levels)) { encodingError($0) }
      #expect(error?.reason.contains("values nest deeper than 120,000 levels") == true, "\(error?.reason ?? "")")
      #expect(error?.reason.contains("a cycle of references") == true)
    }
  }

  @Test func keyedStructs() throws {
    try onLargeThread {
      try expectRoundTrip { Box(levels: 3_000) }
      try expectTooDeep(Box(levels: 60_000))
    }
  }

  @Test func dictionaries() throws {
    try onLargeThread { try expectRoundTrip { Tree(levels: 3_000) } }
  }

  @Test(arguments: [Nest.Kind.list, .keyed, .single])
  func lists(_ kind: Nest.Kind) throws {
    try onLargeThread {
      try expectRoundTrip { Nest(levels: 300, kind: kind) }
      try expectTooDeep(Nest(levels: 60_001, kind: kind))
    }
  }

  /// Nested calls of `superEncoder()` can't move to another stack, so they are limited by the thread's stack.
  @Test func superEncoders() throws {
    try onLargeThread {
      let deep = Nest(levels: 600, kind: .superEncoder)
      #expect(try roundTrip(deep) == deep)
      let error = try onSmallThread(deep) { encodingError($0) }
      #expect(error?.reason.contains("for this thread's stack") == true, "\(error?.reason ?? "")")
      let bytes = try encoded([deep])
      let unread = try onSmallThread(bytes) { decodingError(Nest.self, from: $0) }
      #expect(unread?.reason.contains("for this thread's stack") == true, "\(unread?.reason ?? "")")
    }
  }

  @Test func cycles() throws {
    let knot = Knot()
    knot.next = knot
    defer { knot.next = nil }
    let error = try onSmallThread(knot) { encodingError($0) }
    #expect(error?.reason.contains("a cycle of references") == true)
    #expect(error?.codingPath.hasSuffix(" (120000 levels)") == true, "\(error?.codingPath ?? "")")
  }

  /// An error deep inside a value has the coding path, and later values are decoded.
  @Test func errorsDeepInside() throws {
    try onLargeThread {
      let error = try onSmallThread(Rejecting(levels: 5_000)) { encodingError($0) }
      #expect(error?.reason == "rejected" && error?.codingPath.hasSuffix("(5000 levels)") == true, "\(error as Any)")
      let bytes = try encoded([Box(levels: 5_000), Box(levels: 3)])
      let boxes = try onSmallThread(bytes) { try decoded(Box.self, count: 2, from: $0) }
      #expect(boxes.map(\.value) == [5_000, 3])
      let wrong = try onSmallThread(bytes) { decodingError(OtherBox.self, count: 2, from: $0) }
      #expect(wrong?.reason.hasPrefix("expected String") == true && wrong?.item == 0, "\(wrong as Any)")
    }
  }

  /// Received bytes can nest deeper than any value that can be encoded.
  @Test func bytesBeyondTheLimit() throws {
    for (tag, opening) in [(UInt8(0x15), [UInt8]()), (0x13, [1, UInt8(ascii: "n")])] {
      var bytes: [UInt8] = [0x15, 0, 0, 0, 0, 0, 0]
      var parts: [[UInt8]] = []
      var inside = bytes.count
      for _ in 0..<120_001 {
        let length = inside + opening.count
        parts.append([tag] + (0..<6).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + opening)
        inside = length + 7
      }
      bytes = parts.reversed().flatMap { $0 } + bytes
      let error =
        if tag == 0x15 {
          try onSmallThread(bytes) { decodingError(ListDescent.self, from: $0) }
        } else {
          try onSmallThread(bytes) { decodingError(KeyedDescent.self, from: $0) }
        }
      #expect(error?.reason == "values nest deeper than 120,000 levels")
    }
    let somes = [UInt8](repeating: 0x02, count: 200_000) + [0x01]
    #expect(decodingError(Int??.self, from: somes) != nil)
    #expect(decodingError([Int??].self, from: [0x15, 0x41, 0x0D, 0x03, 0, 0, 0] + somes) != nil)
  }
}

/// Expects that a round trip on the small thread returns an equal value. Call it on the large thread.
private func expectRoundTrip<T: Codable & Equatable & SendableMetatype>(
  sourceLocation: SourceLocation = #_sourceLocation, _ make: () -> T
) throws {
  let bytes = try onSmallThread(make()) { try encoded([$0]) }
  let back = try onSmallThread(bytes) { try decoded(T.self, from: $0) }
  #expect(back[0] == make(), sourceLocation: sourceLocation)
}

private func expectTooDeep<T: Codable & SendableMetatype>(
  _ value: T, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let error = try onSmallThread(value) { encodingError($0, sourceLocation: sourceLocation) }
  #expect(error?.reason.contains("nest deeper") == true, sourceLocation: sourceLocation)
}

/// Runs the body on a thread with a large stack, to create, compare and free deep values.
func onLargeThread(_ body: @escaping @Sendable () throws -> Void) throws { try onThread(stack: 1 << 30, body) }

/// `Sendable` because the two threads use it one after the other.
private final class Transfer<T, U>: @unchecked Sendable {
  var value: T?
  var made: U?
}

/// Runs the body with a value on a thread with a small stack, and returns its result. Neither is freed on that thread.
func onSmallThread<T, U>(_ value: T, _ body: @escaping @Sendable (T) throws -> U) throws -> U {
  let both = Transfer<T, U>()
  both.value = value
  defer { (both.value, both.made) = (nil, nil) }
  try onThread(stack: DeepNestingTests.isSanitized ? 8 << 20 : 512 << 10) {
    both.made = try body(both.value!)
  }
  return both.made!
}

/// Runs the body on a thread with a stack of `stack` bytes.
func onThread(stack: Int, _ body: @escaping @Sendable () throws -> Void) throws {
  final class Outcome: @unchecked Sendable {
    // `Sendable` because the thread writes this before the semaphore is signalled, and it is read after that.
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

extension Chain {
  init(levels: Int, around innermost: Chain = .end) {
    self = innermost
    for value in 0..<levels { self = .link(value, self) }
  }
}

/// Each takes three levels of nesting, except for the innermost.
struct Box: Codable, Equatable {
  var value: Int
  var next: [Box]?

  init(levels: Int) {
    value = 0
    for level in 1...levels { self = Box(value: level, next: [self]) }
  }

  private init(value: Int, next: [Box]?) { (self.value, self.next) = (value, next) }
}

private struct OtherBox: Codable {
  var value: Value
  var next: [OtherBox]?

  struct Value: Codable {
    init(from decoder: any Decoder) throws {
      let number = try decoder.singleValueContainer()
      if try number.decode(Int.self) == 1 { _ = try number.decode(String.self) }
    }
  }
}

struct Tree: Codable, Equatable {
  var branches: [String: Tree] = [:]

  init(levels: Int) {
    for level in 0..<levels { self = Tree(branches: ["\(level)": self]) }
  }

  private init(branches: [String: Tree]) { self.branches = branches }
}

private indirect enum Rejecting: Encodable {
  case end
  case inside(Rejecting)

  private enum Key: CodingKey { case next }

  init(levels: Int) {
    self = .end
    for _ in 0..<levels { self = .inside(self) }
  }

  func encode(to encoder: any Encoder) throws {
    guard case .inside(let next) = self else {
      throw EncodingError.invalidValue(0, .init(codingPath: encoder.codingPath, debugDescription: "rejected"))
    }
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(next, forKey: .next)
  }
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

/// Decodes as deep as the bytes nest.
private struct ListDescent: Decodable {
  init(from decoder: any Decoder) throws {
    var list = try decoder.unkeyedContainer()
    while !list.isAtEnd { _ = try list.decode(ListDescent.self) }
  }
}

private struct KeyedDescent: Decodable {
  init(from decoder: any Decoder) throws {
    _ = try decoder.container(keyedBy: AnyKey.self).decode(KeyedDescent.self, forKey: AnyKey("n"))
  }
}
