import SeppoWire
import Testing

@Suite struct ClassRoundTripTests {
  @Test func subclassOnTheSameEncoder() {
    expectIdentity([SameEncoderChild(name: "c", age: 3), SameEncoderChild(name: "", age: -3)])
    expectIdentity([SameEncoderGrandchild(name: "g", age: 200, tags: ["x", nil])])
  }

  @Test func subclassUnderSuperEncoder() {
    expectIdentity([SuperEncoderChild(name: "c", age: 3)])
    expectIdentity([SuperEncoderGrandchild(name: "c", age: 3, extra: [1.5, -0.0])])
  }

  /// Both classes write `name`. The last value counts, as in a dictionary.
  @Test func sharedKeyOfBothClasses() throws {
    let back = try roundTrip(Renamed(name: "old", age: 1, newName: "new"))
    #expect(back.newName == "new")
    #expect(back.name == "new")
    #expect(back.age == 1)
    expectIdentity([[1: "a"]])
  }

  @Test func subclassInPlaceOfSuperclassIsAnError() throws {
    let error = try #require(encodingError([[Base(name: "b"), SameEncoderChild(name: "c", age: 1)]]))
    #expect(error.codingPath == "[0][1]")
    #expect(error.reason.contains("SameEncoderChild") && error.reason.contains("Base"))
    #expect(encodingError(One<Base?>(value: SameEncoderChild(name: "c", age: 1)))?.codingPath == "value")
    #expect(encodingError(Base.self == Base.self ? SameEncoderChild(name: "c", age: 1) as Base : Base(name: "")) != nil)
  }

  @Test func cyclesAreErrors() throws {
    let a = Knot()
    let b = Knot()
    a.next = b
    b.next = a
    defer { a.next = nil }
    let error = try #require(encodingError(a))
    #expect(error.reason.contains("cycle"))
    // The path is shortened.
    #expect(error.codingPath.hasPrefix("next.next.next.") && error.codingPath.hasSuffix(" levels)"))
    #expect(error.codingPath.utf8.count < 200)
    #expect(encodingError([a, b])?.reason.contains("cycle") == true)
    let list = ListKnot()
    list.children = [list]
    defer { list.children = [] }
    #expect(encodingError(list)?.reason.contains("cycle") == true)
    let nested = NestedKnot()
    nested.next = nested
    defer { nested.next = nil }
    #expect(encodingError(nested)?.reason.contains("cycle") == true)
  }

  /// A shared object is decoded as two objects. It is not a cycle.
  @Test func sharedObjectsAreWrittenTwice() throws {
    let shared = Base(name: "s")
    let back = try roundTrip([shared, shared])
    #expect(back == [shared, shared])
  }

  @Test func missingSuperIsAnError() throws {
    let bytes = try encoded([["age": 3]])
    #expect(decodingError(SuperEncoderChild.self, from: bytes)?.codingPath == "super")
  }
}

class Base: Codable, Equatable {
  var name: String
  init(name: String) { self.name = name }
  static func == (a: Base, b: Base) -> Bool { a.isEqual(b) }
  func isEqual(_ other: Base) -> Bool { type(of: self) == type(of: other) && name == other.name }
}

class SameEncoderChild: Base {
  var age: Int
  init(name: String, age: Int) {
    self.age = age
    super.init(name: name)
  }
  private enum Key: CodingKey { case age }
  override func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try super.encode(to: encoder)
    // Written after the superclass has opened its own container.
    try container.encode(age, forKey: .age)
  }
  required init(from decoder: any Decoder) throws {
    age = try decoder.container(keyedBy: Key.self).decode(Int.self, forKey: .age)
    try super.init(from: decoder)
  }
  override func isEqual(_ other: Base) -> Bool { super.isEqual(other) && (other as? SameEncoderChild)?.age == age }
}

final class SameEncoderGrandchild: SameEncoderChild {
  var tags: [String?]
  init(name: String, age: Int, tags: [String?]) {
    self.tags = tags
    super.init(name: name, age: age)
  }
  private enum Key: CodingKey { case tags }
  override func encode(to encoder: any Encoder) throws {
    try super.encode(to: encoder)
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(tags, forKey: .tags)
  }
  required init(from decoder: any Decoder) throws {
    tags = try decoder.container(keyedBy: Key.self).decode([String?].self, forKey: .tags)
    try super.init(from: decoder)
  }
  override func isEqual(_ other: Base) -> Bool {
    super.isEqual(other) && (other as? SameEncoderGrandchild)?.tags == tags
  }
}

class SuperEncoderChild: Base {
  var age: Int
  init(name: String, age: Int) {
    self.age = age
    super.init(name: name)
  }
  private enum Key: CodingKey { case age }
  override func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    let late = container.superEncoder()
    try container.encode(age, forKey: .age)
    try super.encode(to: late)
  }
  required init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    age = try container.decode(Int.self, forKey: .age)
    try super.init(from: container.superDecoder())
  }
  override func isEqual(_ other: Base) -> Bool { super.isEqual(other) && (other as? SuperEncoderChild)?.age == age }
}

final class SuperEncoderGrandchild: SuperEncoderChild {
  var extra: [Double]
  init(name: String, age: Int, extra: [Double]) {
    self.extra = extra
    super.init(name: name, age: age)
  }
  override func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    try container.encode(extra)
    try super.encode(to: container.superEncoder())
    try container.encode("end")
  }
  required init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    extra = try container.decode([Double].self)
    let base = try container.superDecoder()
    try hold(container.decode(String.self) == "end")
    try super.init(from: base)
  }
  override func isEqual(_ other: Base) -> Bool {
    super.isEqual(other) && (other as? SuperEncoderGrandchild)?.extra == extra
  }
}

final class Renamed: SameEncoderChild {
  var newName: String
  init(name: String, age: Int, newName: String) {
    self.newName = newName
    super.init(name: name, age: age)
  }
  private enum Key: String, CodingKey { case newName = "name" }
  override func encode(to encoder: any Encoder) throws {
    try super.encode(to: encoder)
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(newName, forKey: .newName)
  }
  required init(from decoder: any Decoder) throws {
    newName = try decoder.container(keyedBy: Key.self).decode(String.self, forKey: .newName)
    try super.init(from: decoder)
  }
}

final class Knot: Codable { var next: Knot? }
final class ListKnot: Codable { var children: [ListKnot] = [] }

/// A cycle through nested containers, whose calls can't throw.
final class NestedKnot: Codable {
  var next: NestedKnot?
  init() {}
  private enum Key: CodingKey { case next, value, inner }
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    var inner = container.nestedContainer(keyedBy: Key.self, forKey: .inner)
    try inner.encode(1, forKey: .value)
    try next?.encode(to: inner.superEncoder(forKey: .next))
  }
  init(from decoder: any Decoder) throws {}
}
