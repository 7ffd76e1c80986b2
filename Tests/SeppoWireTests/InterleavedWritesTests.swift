import SeppoWire
import Testing

@Suite struct InterleavedWritesTests {
  @Test func interleavedContainers() { expectIdentity([Turns(count: 0), Turns(count: 1), Turns(count: 40)]) }

  @Test func superEncodersUsedLater() { expectIdentity([Late(values: [1, 2, 3]), Late(values: [])]) }

  @Test func nestedContainerRequestedTwice() { expectIdentity([Twice(a: 1, b: "b", c: [1, nil])]) }

  /// Opening a nested container takes constant time. (With a linear search, this test takes minutes.)
  @Test func thousandsOfNestedContainers() { expectIdentity([Many(count: 5_000)]) }

  /// For any order of the writes, each container gets its own values.
  @Test func anyOrderOfWrites() {
    for seed in 0..<UInt64(80 * soak) {
      let value = Shuffled(seed: seed)
      do {
        let back = try roundTrip(One(value: value))
        #expect(back.value == value, "seed \(seed)")
      } catch { Issue.record(error, "seed \(seed)") }
    }
    expectIdentity((0..<20).map { Shuffled(seed: $0) })
  }

  /// The last value of a key counts, in each call.
  @Test func duplicateKeys() throws {
    let back = try roundTrip(One(value: Overwritten()))
    #expect(back.value.seen == [3, 3, 7, 3])
    #expect(back.value.keys == ["other", "value"])
    #expect(try roundTrip(Overwritten(extraKeys: 100)).seen == [3, 3, 7, 3])
  }
}

struct Turns: Codable, Equatable {
  var count: Int
  init(count: Int) { self.count = count }
  private enum Key: CodingKey { case left, right, inner, count, odd }

  func encode(to encoder: any Encoder) throws {
    var top = encoder.container(keyedBy: Key.self)
    var left = top.nestedUnkeyedContainer(forKey: .left)
    var right = top.nestedContainer(keyedBy: AnyKey.self, forKey: .right)
    var inner = right.nestedUnkeyedContainer(forKey: AnyKey("inner"))
    for index in 0..<count {
      try left.encode(index * 100)
      try right.encode("\(index)", forKey: AnyKey("k\(index)"))
      try inner.encode([Double(index)])
      var more = left.nestedUnkeyedContainer()
      try more.encode(index)
      try inner.encode(["\(index)": index])
      try more.encode(nil as Int?)
      try more.encode(Shape.named("n", .circle(radius: 1)))
    }
    try top.encode(count, forKey: .count)
  }

  init(from decoder: any Decoder) throws {
    let top = try decoder.container(keyedBy: Key.self)
    count = try top.decode(Int.self, forKey: .count)
    var left = try top.nestedUnkeyedContainer(forKey: .left)
    let right = try top.nestedContainer(keyedBy: AnyKey.self, forKey: .right)
    var inner = try right.nestedUnkeyedContainer(forKey: AnyKey("inner"))
    #expect(left.count == count * 2 && inner.count == count * 2 && right.allKeys.count == count + 1)
    for index in 0..<count {
      #expect(try left.decode(Int.self) == index * 100)
      var more = try left.nestedUnkeyedContainer()
      #expect(try more.decode(Int.self) == index)
      #expect(try more.decodeNil())
      #expect(try more.decode(Shape.self) == .named("n", .circle(radius: 1)))
      #expect(more.isAtEnd)
      #expect(try right.decode(String.self, forKey: AnyKey("k\(index)")) == "\(index)")
      #expect(try inner.decode([Double].self) == [Double(index)])
      #expect(try inner.decode([String: Int].self) == ["\(index)": index])
    }
    #expect(left.isAtEnd && inner.isAtEnd)
  }
}

struct Late: Codable, Equatable {
  var values: [Int]
  init(values: [Int]) { self.values = values }
  private enum Key: CodingKey { case first, second, third }

  func encode(to encoder: any Encoder) throws {
    var top = encoder.container(keyedBy: Key.self)
    let first = top.superEncoder(forKey: .first)
    var second = top.nestedUnkeyedContainer(forKey: .second)
    let inSecond = second.superEncoder()
    let unused = top.superEncoder()
    _ = unused
    try top.encode(values.count, forKey: .third)
    try second.encode("after")
    try values.encode(to: first)
    var single = inSecond.singleValueContainer()
    try single.encode(values.map { [$0] })
    try second.encode(values)
  }

  init(from decoder: any Decoder) throws {
    let top = try decoder.container(keyedBy: Key.self)
    values = try [Int](from: top.superDecoder(forKey: .first))
    var second = try top.nestedUnkeyedContainer(forKey: .second)
    #expect(try second.superDecoder().singleValueContainer().decode([[Int]].self) == values.map { [$0] })
    #expect(try second.decode(String.self) == "after")
    #expect(try second.decode([Int].self) == values)
    #expect(try top.decode(Int.self, forKey: .third) == values.count)
    _ = try top.superDecoder()
  }
}

struct Twice: Codable, Equatable {
  var a: Int, b: String, c: [Int?]
  init(a: Int, b: String, c: [Int?]) { (self.a, self.b, self.c) = (a, b, c) }
  private enum Key: CodingKey { case inner, list, a, b, c }

  func encode(to encoder: any Encoder) throws {
    var top = encoder.container(keyedBy: Key.self)
    var first = top.nestedContainer(keyedBy: Key.self, forKey: .inner)
    try first.encode(a, forKey: .a)
    var list = top.nestedUnkeyedContainer(forKey: .list)
    try list.encode(c.first ?? nil)
    var second = top.nestedContainer(keyedBy: Key.self, forKey: .inner)
    try second.encode(b, forKey: .b)
    var listAgain = top.nestedUnkeyedContainer(forKey: .list)
    for value in c.dropFirst() { try listAgain.encode(value) }
  }

  init(from decoder: any Decoder) throws {
    let top = try decoder.container(keyedBy: Key.self)
    #expect(top.allKeys.count == 2)
    let inner = try top.nestedContainer(keyedBy: Key.self, forKey: .inner)
    a = try inner.decode(Int.self, forKey: .a)
    b = try inner.decode(String.self, forKey: .b)
    c = try top.decode([Int?].self, forKey: .list)
  }
}

struct Overwritten: Codable {
  var seen: [Int] = []
  var keys: [String] = []
  var extraKeys = 0
  init(extraKeys: Int = 0) { self.extraKeys = extraKeys }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: AnyKey.self)
    try container.encode(1, forKey: AnyKey("value"))
    try container.encode(7, forKey: AnyKey("other"))
    for index in 0..<extraKeys { try container.encode(index, forKey: AnyKey("extra \(index)")) }
    try container.encode("two", forKey: AnyKey("value"))
    try container.encode(3, forKey: AnyKey("value"))
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyKey.self)
    for name in ["value", "value", "other", "value"] {
      seen.append(try container.decode(Int.self, forKey: AnyKey(name)))
    }
    keys = container.allKeys.map(\.stringValue).sorted()
  }
}

struct AnyKey: CodingKey {
  var stringValue: String
  var intValue: Int? { nil }
  init(_ name: String) { stringValue = name }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

struct Many: Codable, Equatable {
  var count: Int
  init(count: Int) { self.count = count }
  func encode(to encoder: any Encoder) throws {
    var top = encoder.container(keyedBy: AnyKey.self)
    for index in 0..<count {
      var inner = top.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("inner \(index)"))
      try inner.encode(index, forKey: AnyKey("n"))
    }
  }
  init(from decoder: any Decoder) throws {
    let top = try decoder.container(keyedBy: AnyKey.self)
    count = 0
    for key in top.allKeys {
      let inner = try top.nestedContainer(keyedBy: AnyKey.self, forKey: key)
      #expect(try inner.decode(Int.self, forKey: AnyKey("n")) == count)
      count += 1
    }
  }
}
