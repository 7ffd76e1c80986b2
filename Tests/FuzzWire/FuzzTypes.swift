#if FUZZ
  import Foundation
  import SeppoWire

  extension FuzzTarget {
    /// The first byte of an input selects one of these.
    static let all: [FuzzTarget] = [
      FuzzTarget([Record(), Record(isFull: true)]),
      FuzzTarget([Choice.none, .number(Exact(-0.0), label: nil), .list([.none, .pair(1, .some(nil))])]),
      FuzzTarget([Child(name: "n", age: 300)]),
      FuzzTarget([["a": [Exact(1.5), nil], "": []], [:]]),
      FuzzTarget([Branch(value: 1, children: [Branch(value: 2, children: [], parent: nil)], parent: nil)]),
      FuzzTarget([[["a", "bc"], [], ["\0é"]]]),
      FuzzTarget([[SIMD3<Int16>(1, 2, 3)], []]),
      FuzzTarget([[Body(x: 1, y: 2)], []]),
      FuzzTarget([OneByOne(values: [SIMD2<UInt64>(1, 2)])]),
      FuzzTarget([
        OneByOne(values: [1, -300]), OneByOne(values: [-5]), OneByOne(values: [70_000]), OneByOne(values: [1 << 40]),
      ]),
      FuzzTarget([[Data([1, 2, 3]), Data()]]),
      FuzzTarget([[Decimal(string: "-12.345")!, .greatestFiniteMagnitude]]) { a, b in
        zip(a, b).allSatisfy { ($0.isNaN && $1.isNaN) || $0 == $1 } && a.count == b.count
      },
      FuzzTarget([URL(string: "a/b?c", relativeTo: URL(string: "http://x.y/z"))]),
      FuzzTarget([Numbers(a: .min, b: .max, c: -1, d: 200)]),
      FuzzTarget([[Float16(1.5), -0.0]]) { $0.map(\.bitPattern) == $1.map(\.bitPattern) },
      FuzzTarget([Exact(1.5), Exact(-0.0)]),
      FuzzTarget([[nil, .some(nil), 5] as [Int??]]),
      FuzzTarget([[1: ["a": true], -7: [:]]]),
      FuzzTarget([Set(["a", ""])]),
      FuzzTarget([Interleaved(left: [1, 2], right: ["a", "b"])]),
      FuzzTarget([[Sparse(number: 1), Sparse(number: nil, inner: [Sparse(values: [1.5])])]]),
      FuzzTarget([[Date(timeIntervalSince1970: 1)]]) {
        $0.map(\.timeIntervalSinceReferenceDate.bitPattern) == $1.map(\.timeIntervalSinceReferenceDate.bitPattern)
      },
    ]
  }

  /// A number compared by its bits.
  struct Exact: Codable, Equatable {
    var value: Double
    init(_ value: Double) { self.value = value }
    init(from decoder: any Decoder) throws { value = try decoder.singleValueContainer().decode(Double.self) }
    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(value)
    }
    static func == (a: Exact, b: Exact) -> Bool { a.value.bitPattern == b.value.bitPattern }
  }

  struct Record: Codable, Equatable {
    var name: String?
    var twice: Int??
    var matrix: [[Int32]] = []
    var flags: [Bool?] = []
    var inner: [Record]?
    var identifier: UUID?
    init(isFull: Bool = false) {
      guard isFull else { return }
      name = "name"
      twice = .some(nil)
      matrix = [[1, 2], [], [3]]
      flags = [true, nil]
      inner = [Record()]
      identifier = UUID()
    }
  }

  indirect enum Choice: Codable, Equatable {
    case none
    case number(Exact, label: String?)
    case list([Choice])
    case pair(Int, Choice??)
  }

  class Parent: Codable {
    var name: String
    init(name: String) { self.name = name }
  }

  final class Child: Parent, Equatable {
    var age: Int
    init(name: String, age: Int) {
      self.age = age
      super.init(name: name)
    }
    private enum Key: CodingKey { case age, base }
    required init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      age = try container.decode(Int.self, forKey: .age)
      try super.init(from: container.contains(.base) ? container.superDecoder(forKey: .base) : decoder)
    }
    override func encode(to encoder: any Encoder) throws {
      try super.encode(to: encoder)
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(age, forKey: .age)
    }
    static func == (a: Child, b: Child) -> Bool { a.name == b.name && a.age == b.age }
  }

  final class Branch: Codable, Equatable {
    let value: Int8
    let children: [Branch]
    let parent: Branch?
    init(value: Int8, children: [Branch], parent: Branch?) {
      (self.value, self.children, self.parent) = (value, children, parent)
    }
    static func == (a: Branch, b: Branch) -> Bool {
      a.value == b.value && a.children == b.children && a.parent == b.parent
    }
  }

  struct Body: Codable, Equatable, PlainMemory {
    var x: Int64
    var y: Int8
  }

  struct Numbers: Codable, Equatable {
    var a: Int128
    var b: UInt128
    var c: Int8
    var d: UInt16
  }

  struct OneByOne<T: Codable & Equatable>: Codable, Equatable {
    var values: [T]
    init(values: [T]) { self.values = values }
    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      values = []
      while !container.isAtEnd { values.append(try container.decode(T.self)) }
    }
    func encode(to encoder: any Encoder) throws {
      var container = encoder.unkeyedContainer()
      for value in values { try container.encode(value) }
    }
  }

  /// A recursive type with optional fields, which has several shapes.
  struct Sparse: Codable, Equatable {
    var number: Int?
    var values: [Double] = []
    var inner: [Sparse]?
    static func == (a: Sparse, b: Sparse) -> Bool {
      a.number == b.number && a.values.map(\.bitPattern) == b.values.map(\.bitPattern) && a.inner == b.inner
    }
  }

  /// Writes two containers alternately, so that inserting gaps is fuzzed too.
  struct Interleaved: Codable, Equatable {
    var left: [Int]
    var right: [String]
    private enum Key: CodingKey { case left, right }
    init(left: [Int], right: [String]) { (self.left, self.right) = (left, right) }
    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      left = try container.decode([Int].self, forKey: .left)
      var list = try container.nestedUnkeyedContainer(forKey: .right)
      right = []
      while !list.isAtEnd { right.append(try list.superDecoder().singleValueContainer().decode(String.self)) }
    }
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      var first = container.nestedUnkeyedContainer(forKey: .left)
      var second = container.nestedUnkeyedContainer(forKey: .right)
      for index in 0..<max(left.count, right.count) {
        if index < left.count { try first.encode(left[index]) }
        if index < right.count { try second.encode(right[index]) }
      }
    }
  }
#endif
