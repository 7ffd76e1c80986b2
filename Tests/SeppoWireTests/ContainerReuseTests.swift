import SeppoWire
import Testing

/// A keyed container without references is reused for another value. A program that keeps a container must not be
/// affected.
@Suite struct ContainerReuseTests {
  @Test func recursiveTypes() {
    expectIdentity([Inward(depth: 0), Inward(depth: 3), Inward(depth: 1)])
    // Deeper than the pool's capacity.
    expectIdentity([Inward(depth: 40), Inward(depth: 41)])
  }

  @Test func interleavedContainersOfOneKeyType() {
    expectIdentity([Twins(count: 0), Twins(count: 1), Twins(count: 30), Twins(count: 2)])
  }

  @Test func twoContainersOfOneValueAreIndependent() throws {
    let values = [TwoReaders(a: 1, b: "b", c: 3.5), TwoReaders(a: 200, b: "", c: -1)]
    #expect(try decoded(TwoReaders.self, count: 2, from: encoded(values)) == values)
  }

  /// The program keeps a container while later values with the same key type are coded.
  @Test func expiredContainersThrow() throws {
    let keeper = ContainerKeeper()
    try ContainerKeeper.$current.withValue(keeper) { () throws in
      let values = (0..<5).map { Held(number: $0, list: [$0]) }
      #expect(try decoded(Held.self, count: 5, from: encoded(values)) == values)
    }
    #expect(keeper.refusals == 8)
    #expect(throws: EncodingError.self) { try keeper.writing?.encode(1, forKey: .number) }
    #expect(throws: EncodingError.self) { try keeper.writing?.encode([1.5], forKey: .list) }
    #expect(throws: DecodingError.self) { try keeper.reading?.decode(Int.self, forKey: .number) }
    #expect(throws: DecodingError.self) { try keeper.reading?.decodeIfPresent(Double.self, forKey: .absent) }
    #expect(keeper.reading?.allKeys.isEmpty == true && keeper.reading?.contains(.number) == false)
  }

  /// A value may read from its parent's container.
  @Test func aValueMayReadFromItsParentsContainer() throws {
    let outer = try decoded(Outer.self, from: encoded([Five(a: 1, b: 2, c: 3, d: 4, e: 5)]))[0]
    #expect(outer.seen == [1, 3, 2, 5, 3, 1])
  }

  /// If opening a container fails, it has no state of an earlier value.
  @Test func containersThatFailToOpen() { expectIdentity((0..<20).map { OneOrNumber(value: 7 * $0 % 5) }) }
}

/// A recursive type with fields before and after the inner value. All of them use the same container.
struct Inward: Codable, Equatable {
  var before: Int
  var inner: [Inward]
  var after: String

  init(depth: Int) {
    before = depth
    inner = depth == 0 ? [] : [Inward(depth: depth - 1)]
    after = "after \(depth)"
  }
}

/// Two containers of one key type, and inside each of them values with containers of that type.
struct Twins: Codable, Equatable {
  var count: Int
  init(count: Int) { self.count = count }
  private enum Key: CodingKey { case left, right, count, value, inner }

  func encode(to encoder: any Encoder) throws {
    var top = encoder.container(keyedBy: Key.self)
    var left = top.nestedContainer(keyedBy: Key.self, forKey: .left)
    var right = top.nestedContainer(keyedBy: Key.self, forKey: .right)
    try left.encode(count, forKey: .count)
    try right.encode(-count, forKey: .count)
    try left.encode([Double(count)], forKey: .value)
    try right.encode("\(count)", forKey: .value)
    try top.encode(count, forKey: .count)
    if count > 0 { try left.encode(Twins(count: count / 2), forKey: .inner) }
    if count > 1 { try right.encode([Twins(count: 1), Twins(count: 0)], forKey: .inner) }
    try top.encodeIfPresent(count > 2 ? 1.5 : nil, forKey: .value)
  }

  init(from decoder: any Decoder) throws {
    let top = try decoder.container(keyedBy: Key.self)
    let left = try top.nestedContainer(keyedBy: Key.self, forKey: .left)
    let right = try top.nestedContainer(keyedBy: Key.self, forKey: .right)
    count = try left.decode(Int.self, forKey: .count)
    try hold((0..<1_000).contains(count) && right.decode(Int.self, forKey: .count) == -count)
    try hold(top.decode(Int.self, forKey: .count) == count)
    try hold(left.decodeIfPresent(Twins.self, forKey: .inner) == (count > 0 ? Twins(count: count / 2) : nil))
    try hold(right.decode(String.self, forKey: .value) == "\(count)")
    try hold(left.decode([Double].self, forKey: .value) == [Double(count)])
    try hold(right.contains(.inner) == (count > 1))
    if count > 1 { try hold(right.decode([Twins].self, forKey: .inner) == [Twins(count: 1), Twins(count: 0)]) }
    try hold(top.decodeIfPresent(Double.self, forKey: .value) == (count > 2 ? 1.5 : nil))
  }
}

struct TwoReaders: Codable, Equatable {
  var a: Int, b: String, c: Double
  private enum CodingKeys: CodingKey { case a, b, c }
  init(a: Int, b: String, c: Double) { (self.a, self.b, self.c) = (a, b, c) }
  init(from decoder: any Decoder) throws {
    let first = try decoder.container(keyedBy: CodingKeys.self)
    let second = try decoder.container(keyedBy: CodingKeys.self)
    a = try first.decode(Int.self, forKey: .a)
    c = try second.decode(Double.self, forKey: .c)
    b = try first.decode(String.self, forKey: .b)
    try hold(try second.decode(Int.self, forKey: .a) == a && first.decode(Double.self, forKey: .c) == c)
    try hold(try second.decode(String.self, forKey: .b) == b)
  }
}

/// Keeps the containers of the first value, and uses them during later ones.
final class ContainerKeeper: Sendable {
  // Safe because one test uses these, on one thread.
  nonisolated(unsafe) var writing: KeyedEncodingContainer<Held.Key>?
  nonisolated(unsafe) var reading: KeyedDecodingContainer<Held.Key>?
  nonisolated(unsafe) var refusals = 0
  @TaskLocal static var current: ContainerKeeper?

  func refuse(_ body: () throws -> Void) {
    do { try body() } catch { refusals += 1 }
  }
}

struct Held: Codable, Equatable {
  enum Key: CodingKey { case number, list, last, absent }
  var number: Int
  var list: [Double]

  init(number: Int, list: [Int]) { (self.number, self.list) = (number, list.map(Double.init)) }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(number, forKey: .number)
    if let keeper = ContainerKeeper.current {
      if keeper.writing == nil {
        keeper.writing = container
      } else {
        keeper.refuse { try keeper.writing?.encode([-7.5], forKey: .list) }
      }
    }
    try container.encode(list, forKey: .list)
    try container.encode(-number, forKey: .last)
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    number = try container.decode(Int.self, forKey: .number)
    list = try container.decode([Double].self, forKey: .list)
    if let keeper = ContainerKeeper.current, keeper.reading == nil {
      // Leave the next value unread.
      keeper.reading = container
    } else {
      try hold(container.decode(Int.self, forKey: .last) == -number)
      let keeper = ContainerKeeper.current
      keeper?.refuse { _ = try keeper?.reading?.decode(Int.self, forKey: .last) }
    }
  }
}

struct Fields: Encodable {
  var a: Int, b: Int, c: Int
}

struct Five: Encodable {
  var a: Int, b: Int, c: Int, d: Int, e: Int
}

struct Outer: Decodable {
  enum Key: CodingKey { case a, b, c, e }
  var seen: [Int] = []
  // Safe because only one test uses it.
  nonisolated(unsafe) static var parentContainer: KeyedDecodingContainer<Key>?

  /// Reads a value of the parent before its own.
  struct Inner: Decodable {
    var seen: [Int]
    init(from decoder: any Decoder) throws {
      let neighbour = try Outer.parentContainer!.decode(Int.self, forKey: .c)
      seen = [neighbour, try decoder.singleValueContainer().decode(Int.self)]
    }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    seen.append(try container.decode(Int.self, forKey: .a))
    Outer.parentContainer = container
    seen += try container.decode(Inner.self, forKey: .b).seen
    Outer.parentContainer = nil
    seen.append(try container.decode(Int.self, forKey: .e))
    seen.append(try container.decode(Int.self, forKey: .c))
    seen.append(try container.decode(Int.self, forKey: .a))
  }
}

/// A number by itself, or in a container.
struct OneOrNumber: Codable, Equatable {
  var value: Int
  init(value: Int) { self.value = value }
  func encode(to encoder: any Encoder) throws {
    if value % 2 == 0 { return try One(value: value).encode(to: encoder) }
    var single = encoder.singleValueContainer()
    try single.encode(value)
  }
  init(from decoder: any Decoder) throws {
    if let one = try? One<Int>(from: decoder) {
      value = one.value
    } else {
      value = try decoder.singleValueContainer().decode(Int.self)
      try hold(value % 2 == 1)
    }
  }
}
