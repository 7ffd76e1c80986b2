import Foundation
import SeppoWire

/// The wire form of some values, and a function that decodes it.
struct Specimen: Sendable, CustomStringConvertible {
  var description: String
  var bytes: [UInt8]
  /// Decodes bytes as the type. If that succeeds, encodes and decodes the values again.
  var read: @Sendable ([UInt8]) throws -> Void

  init<T: Codable & SendableMetatype>(_ values: T...) {
    let count = values.count
    description = "\(T.self)".prefix(60).description
    bytes = (try? encoded(values)) ?? []
    read = { bytes in
      let values = try decoded(T.self, count: count, from: bytes)
      // Values from damaged bytes must be codable like any others.
      let again = try encoded(values)
      if !(T.self is any PlainMemory.Type) { _ = try decoded(T.self, count: count, from: again) }
    }
  }

  static let all: [Specimen] = [
    Specimen(1, -300), Specimen(true, false), Specimen(1.5), Specimen("äb\0", ""), Specimen(Int128.max),
    Specimen(Float16(1.5)), Specimen(nil, .some(nil), 5 as Int??), Specimen([nil, .some(nil), 70_000 as Int??]),
    Specimen([1.5, -0.0]), Specimen([Int16(1), 2, 3]), Specimen(["a", "bc"]), Specimen([["a"], [], ["b", "c"]]),
    Specimen([[1.5], []]), Specimen([true, false]), Specimen([Float16(1), 2]), Specimen([Int128(7)]),
    Specimen(Particle(position: [1, 2, 3], mass: 4)), Specimen([Odd(wide: 1, narrow: 2), Odd(wide: 3, narrow: 4)]),
    Specimen(SIMD3<Float>(1, 2, 3)), Specimen([SIMD2<Int8>(1, 2)]), Specimen(Data([1, 2, 3]), Data()),
    Specimen(["a": 1, "b": nil] as [String: Int?]), Specimen([1: ["x"], -5: []]), Specimen([Suit.clubs: Level.low]),
    Specimen([[1, 2]: "x"]), Specimen(Set([1, 200])), Specimen(0..<5), Specimen(1.0...2.0),
    Specimen(Shape.polygon([1, 2], closed: true), .named("n", .circle(radius: 1)), .tuple(1, "b", .some(nil))),
    Specimen(Chain.link(1, .link(2, .end))), Specimen(Framed(5)), Specimen(Framed(Shape.point)),
    Specimen(OptionalFields(one: 1, two: .some(nil), list: [nil], wrapped: Single(nil), empty: Nothing())),
    Specimen(SameEncoderChild(name: "n", age: 3)), Specimen(SuperEncoderGrandchild(name: "n", age: 3, extra: [1])),
    Specimen(Renamed(name: "a", age: 1, newName: "b")), Specimen(Overwritten()),
    Specimen(Tree2(1, [Tree2(2, []), Tree2(3, [])])), Specimen(OddKeys(values: [1, nil, .some(nil), 2, 3, 4, 5])),
    Specimen(KeyListing(names: ["a": 1, "b": 2])), Specimen(Json.object(["a": .list([.null, .number(1)])])),
    Specimen(Shuffled(seed: 3)), Specimen(Pair(1, Pair("a", [Single(nil)]))), Specimen(OneByOne([1.5, 2])),
    Specimen(BySuperDecoders2(values: [1, 2])), Specimen(Date(timeIntervalSince1970: 1)),
    Specimen(URL(string: "a/b", relativeTo: URL(string: "http://x.y"))), Specimen(UUID()),
    Specimen(Decimal(string: "-12345.678")), Specimen([Decimal(1), Decimal.greatestFiniteMagnitude]),
    Specimen(Mixture(isFull: true)),
    Specimen(TreeBox(.list([.flag(true), .text("x")]), next: TreeBox(.nothing, next: nil))),
    Specimen(RandomTree.vector([1, 2, 3, 4], [[1, 2, 3]])), Specimen([Int8?.none: RandomTree.integer(5)]),
    Specimen(Wrapping(count: 1, name: "n", list: [1])), Specimen(IndexPath(indexes: [1, 2])), Specimen(TimeZone.gmt),
    Specimen(Sparse(bits: 63), Sparse(bits: 18), Sparse(bits: 5)), Specimen(Wide(step: 7)), Specimen(Inward(depth: 2)),
    Specimen(Twins(count: 3)), Specimen(AnyOrder(turn: 17)), Specimen(Numbered(numbers: [1, 40])),
    Specimen(Extended(known: 1, other: ["x": 2])), Specimen(TwoKinds(list: [1, 2])),
  ]
}

/// A custom dictionary: requests all keys, then each value.
struct KeyListing: Codable {
  var names: [String: Int]
  init(names: [String: Int]) { self.names = names }
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: AnyKey.self)
    for (name, value) in names { try container.encode(value, forKey: AnyKey(name)) }
  }
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyKey.self)
    names = [:]
    for key in container.allKeys { names[key.stringValue] = try container.decodeIfPresent(Int.self, forKey: key) }
  }
}

struct BySuperDecoders2: Codable {
  var values: [Int]
  init(values: [Int]) { self.values = values }
  func encode(to encoder: any Encoder) throws { try values.encode(to: encoder) }
  init(from decoder: any Decoder) throws { values = try BySuperDecoders<Int>(from: decoder).values }
}
