import SeppoWire
import Testing

/// Containers whose keys are stored in the table at the end of the part.
@Suite struct ShapesTests {
  @Test func missingFields() {
    expectIdentity((0..<64).map { Sparse(bits: $0) } + (0..<64).map { Sparse(bits: 63 - $0) })
  }

  @Test func fieldsInAnyOrder() {
    expectIdentity((0..<24).map { AnyOrder(turn: $0) })
    expectIdentity((0..<24).map { AnyOrder(turn: 7 * $0 % 24) })
  }

  @Test func duplicateKeys() throws {
    let back = try decoded(Fields3.self, count: 2, from: encoded([Repeating(again: true), Repeating(again: false)]))
    #expect(back.map(\.a) == [5, 1] && back.map(\.b) == ["last", "first"])
    #expect(back.map(\.keys) == [["a", "b"], ["a", "b"]])
  }

  /// More than sixteen keys, which are searched by name.
  @Test func manyKeys() {
    expectIdentity([Wide(step: 1), Wide(step: 7), Wide(step: 13), Wide(step: 1)])
  }

  @Test func keysOfNoByteAndOneByte() {
    expectIdentity([Lone(only: 5), Lone(only: 500)])
    expectIdentity([Numbered(numbers: [0, 3, 199]), Numbered(numbers: [15, 16, 17, 40, 255]), Numbered(numbers: [])])
  }

  /// One type writes keys as enum cases and another reads them as strings, or vice versa.
  @Test func keysOfDifferentTypes() throws {
    #expect(try transcode(Fields(a: 1, b: 2, c: 300), as: [String: Int].self) == ["a": 1, "b": 2, "c": 300])
    #expect(try transcode(["a": 1, "b": 2, "c": 300], as: Inner3.self) == Inner3(a: 1, b: 2, c: 300))
    #expect(try transcode(Wide(step: 1), as: [String: Int].self).count == 20)
  }

  /// A class and its superclass share a container, and one of them has arbitrary keys.
  @Test func keysOfSeveralTypesInOneContainer() {
    expectIdentity([Extended(known: 1, other: [:]), Extended(known: 2, other: ["x": 1, "known2": 3])])
    expectIdentity([Extended(known: 1, other: Dictionary(uniqueKeysWithValues: (0..<3_000).map { ("k\($0)", $0) }))])
  }

  /// Each item has its own shape, which is found in constant time.
  @Test func thousandsOfShapes() throws {
    let items = (0..<20_000).map { Extended(known: $0, other: ["k\($0)": $0]) }
    #expect(try decoded(Extended.self, count: items.count, from: encoded(items)) == items)
  }

  /// One of the keys is an enum case, the other a string.
  @Test func aNestedContainerRequestedWithTwoKeyTypes() {
    expectIdentity([TwoKinds(list: [1, 2, 3]), TwoKinds(list: [7]), TwoKinds(list: [])])
  }

  @Test func itemsAreSmall() throws {
    let items = (0..<1_000).map { Inner3(a: $0 % 100, b: 5, c: 127) }
    // One byte per number; the tag, shape and length of each container; and one table.
    #expect(try encoded(items).count == items.count * (3 + 1 + 4 + 6) + DamagedShapesTests.table.count + 6)
  }

  @Test func adjacentPartsAreAnError() throws {
    let part = try encoded([Fields(a: 1, b: 2, c: 3)])
    #expect(try decoded(Inner3.self, from: part)[0] == Inner3(a: 1, b: 2, c: 3))
    #expect(decodingError(Inner3.self, count: 2, from: part + part) != nil)
    #expect(decodingError(Inner3.self, count: 1, from: part + part) != nil)
  }

  @Test func itemsBeforeAFailedOneHaveATable() throws {
    let writer = WireWriter()
    let items = [Maybe(single: Single(1), half: nil), Maybe(single: nil, half: FailsHalfway(failing: .deeper))]
    #expect(throws: WireError.self) { try items.withUnsafeBufferPointer { try Items.write($0, to: writer) } }
    #expect(try decoded(MaybeRead.self, from: [UInt8](writer.bytes))[0].single == Single(1))
  }
}

/// Six fields, any of which may be missing.
struct Sparse: Codable, Equatable {
  var bits: Int
  var a: Int?, b: String?, c: [Double]?, d: Bool?, e: Inner3?, f: Int??

  init(bits: Int) {
    self.bits = bits
    if bits & 1 != 0 { a = 7 }
    if bits & 2 != 0 { b = "" }
    if bits & 4 != 0 { c = [] }
    if bits & 8 != 0 { d = true }
    if bits & 16 != 0 { e = Inner3(a: 1, b: 2, c: 3) }
    if bits & 32 != 0 { f = .some(nil) }
  }
}

struct Inner3: Codable, Equatable {
  var a: Int, b: Int, c: Int
}

/// Encodes its four fields in one order, and decodes them in another.
struct AnyOrder: Codable, Equatable {
  var turn: Int
  init(turn: Int) { self.turn = turn }
  private enum Key: CodingKey, CaseIterable { case a, b, c, d }

  private func order(_ turn: Int) -> [Key] {
    var rest = Key.allCases
    return [turn % 4, turn / 4 % 3, turn / 12 % 2, 0].map { rest.remove(at: $0) }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for key in order(turn) {
      switch key {
      case .a: try container.encode(turn, forKey: .a)
      case .b: try container.encode("\(turn)", forKey: .b)
      case .c: try container.encode([Double(turn)], forKey: .c)
      case .d: try container.encode(Inner3(a: turn, b: 0, c: -turn), forKey: .d)
      }
    }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    turn = try container.decode(Int.self, forKey: .a)
    try hold((0..<24).contains(turn))
    for key in order(5 * turn % 24) {
      switch key {
      case .a: try hold(container.decode(Int.self, forKey: .a) == turn)
      case .b: try hold(container.decode(String.self, forKey: .b) == "\(turn)")
      case .c: try hold(container.decode([Double].self, forKey: .c) == [Double(turn)])
      case .d: try hold(container.decode(Inner3.self, forKey: .d) == Inner3(a: turn, b: 0, c: -turn))
      }
    }
  }
}

struct Repeating: Encodable {
  var again: Bool
  private enum Key: CodingKey { case a, b }
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(1, forKey: .a)
    try container.encode("first", forKey: .b)
    guard again else { return }
    try container.encode(["not a number"], forKey: .a)
    try container.encode("last", forKey: .b)
    try container.encode(5, forKey: .a)
  }
}

struct Fields3: Decodable {
  var a: Int, b: String, keys: [String]
  private enum Key: CodingKey { case a, b }
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    a = try container.decode(Int.self, forKey: .a)
    b = try container.decode(String.self, forKey: .b)
    keys = container.allKeys.map(\.stringValue).sorted()
  }
}

struct Wide: Codable, Equatable {
  var step: Int
  init(step: Int) { self.step = step }
  private enum Key: CodingKey, CaseIterable {
    case step, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(step, forKey: .step)
    for index in 1..<20 { try container.encode(index * step, forKey: Key.allCases[1 + (index - 1) * step % 19]) }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    step = try container.decode(Int.self, forKey: .step)
    try hold((0..<100).contains(step))
    for index in (1..<20).reversed() {
      try hold(container.decode(Int.self, forKey: Key.allCases[1 + (index - 1) * step % 19]) == index * step)
    }
  }
}

/// A type with a single key, which has no bytes.
struct Lone: Codable, Equatable { var only: Int }

/// A type whose keys have one byte but are not an enum.
struct Numbered: Codable, Equatable {
  struct Key: CodingKey {
    var number: UInt8
    var stringValue: String { "number \(number)" }
    var intValue: Int? { nil }
    init(_ number: UInt8) { self.number = number }
    init?(intValue: Int) { nil }
    init?(stringValue: String) {
      guard let number = stringValue.split(separator: " ").last.flatMap({ UInt8($0) }) else { return nil }
      self.number = number
    }
  }

  var numbers: [UInt8]
  init(numbers: [UInt8]) { self.numbers = numbers }
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for number in numbers { try container.encode(number, forKey: Key(number)) }
  }
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    numbers = container.allKeys.map(\.number)
    for number in UInt8.min ... .max {
      try hold(container.decodeIfPresent(UInt8.self, forKey: Key(number)) == (numbers.contains(number) ? number : nil))
    }
  }
}

class Known: Codable {
  var known: Int
  init(known: Int) { self.known = known }
}

final class Extended: Known, Equatable {
  var other: [String: Int]
  init(known: Int, other: [String: Int]) {
    self.other = other
    super.init(known: known)
  }
  required init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyKey.self)
    other = [:]
    for key in container.allKeys where key.stringValue != "known" {
      var list = try container.nestedUnkeyedContainer(forKey: key)
      other[key.stringValue] = try list.decode(Int.self)
    }
    try super.init(from: decoder)
  }
  override func encode(to encoder: any Encoder) throws {
    try super.encode(to: encoder)
    var container = encoder.container(keyedBy: AnyKey.self)
    for (name, value) in other {
      var list = container.nestedUnkeyedContainer(forKey: AnyKey(name))
      try list.encode(value)
    }
  }
  static func == (a: Extended, b: Extended) -> Bool { a.known == b.known && a.other == b.other }
}

struct TwoKinds: Codable, Equatable {
  var list: [Int]
  private enum Key: CodingKey { case before, list }
  init(list: [Int]) { self.list = list }
  func encode(to encoder: any Encoder) throws {
    var cases = encoder.container(keyedBy: Key.self)
    try cases.encode(1, forKey: .before)
    var first = cases.nestedUnkeyedContainer(forKey: .list)
    var names = encoder.container(keyedBy: AnyKey.self)
    try names.encode(2, forKey: AnyKey("after"))
    for (index, number) in list.enumerated() {
      var second = names.nestedUnkeyedContainer(forKey: AnyKey("list"))
      if index == 0 { try first.encode(number) } else { try second.encode(number) }
    }
  }
  init(from decoder: any Decoder) throws {
    list = try decoder.container(keyedBy: Key.self).decode([Int].self, forKey: .list)
    let names = try decoder.container(keyedBy: AnyKey.self)
    try hold(names.allKeys.map(\.stringValue) == ["before", "list", "after"])
    try hold(names.decode(Int.self, forKey: AnyKey("after")) == 2)
  }
}

struct MaybeRead: Decodable { var single: Single? }
