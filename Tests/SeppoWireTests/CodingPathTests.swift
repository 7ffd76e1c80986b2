import SeppoWire
import Testing

/// An error has the coding path in the value, with the property names of the user's types.
@Suite struct CodingPathTests {
  struct Molecule<Position: Codable, Name: Codable>: Codable {
    var atoms: [Atom<Position>]
    var names: [[Name]]
    var sizes: [Double]
    var bonds: [String: [Bond?]]
    enum Bond: Codable {
      case single(order: Int)
      case none
    }
  }
  struct Atom<Position: Codable>: Codable {
    var element: String
    var position: Position
  }
  typealias Sent = Molecule<String, Int>

  let sent = Sent(
    atoms: (0..<5).map { .init(element: "H", position: "\($0)") }, names: [[], [1], [1, 2, 3]], sizes: [1.5],
    bonds: ["a": [nil, .single(order: 300)]])

  func path<T: Decodable>(_ type: T.Type, sourceLocation: SourceLocation = #_sourceLocation) throws -> String? {
    let error = decodingError(type, from: try encoded([sent]), sourceLocation: sourceLocation)
    #expect(error?.direction == .decode && error?.type == String(describing: type), sourceLocation: sourceLocation)
    return error?.codingPath
  }

  @Test func decodingErrorsHaveTheCodingPath() throws {
    #expect(try path(Molecule<Double, Int>.self) == "atoms[0].position")
    #expect(try path(Molecule<[Double], Int>.self) == "atoms[0].position")
    #expect(try path(Molecule<Single, Int>.self) == "atoms[0].position")
    #expect(try path(Molecule<String, String>.self) == "names[0]")
    #expect(try path(Molecule<String, OneByOne<String>>.self) == "names[1][0]")
    #expect(try path(Other.Names.self) == "names[1][0]")
    #expect(try path(Other.NamesTooNarrow.self) == "sizes[0]")
    #expect(try path(Other.Missing.self) == "missing")
    #expect(try path(Other.Bonds.self) == "bonds.a[1].single.order")
    #expect(try path(Other.BondsBySingles.self) == "bonds.a[1]")
    #expect(try path(Other.Atoms.self) == "atoms[2]")
    #expect(try path(Int.self) == "")
    #expect(try path([Int].self) == "")
  }

  @Test func nestedListsOfStrings() throws {
    let bytes = try encoded([One(value: OneByOne([OneByOne([["a"], ["b", "c"]]), OneByOne([["d", "e"]])]))])
    #expect(decodingError(One<[[[Int8]]]>.self, from: bytes)?.codingPath == "value[0][0][0]")
    #expect(decodingError(One<[[[Bool]]]>.self, from: bytes)?.codingPath == "value[0][0][0]")
    let second = try encoded([One(value: [[["a"], ["b", "c"]], [["d", "e\u{7F}"]]])])
    var damaged = second
    damaged[try #require(second.firstIndex(of: 0x7F))] = 0xFF
    let error = try #require(decodingError(One<[[[String]]]>.self, from: damaged))
    #expect(error.codingPath == "value[1][0][1]")
    #expect(error.reason == "a string isn't valid UTF-8")
  }

  @Test func errorsHaveTheItem() throws {
    let bytes = try encoded(["a", "b"]) + encoded([One(value: 5)]) + encoded(["c"])
    let error = decodingError(String.self, count: 4, from: bytes)
    #expect(error?.item == 2)
    #expect(error?.description == "item 2: String can't be decoded: expected String, found a keyed container")
    #expect(decodingError(String.self, count: 1, from: bytes)?.reason.contains("follow the last item") == true)
  }

  @Test func encodingErrorsHaveTheCodingPath() throws {
    let child = SameEncoderChild(name: "c", age: 1)
    #expect(encodingError(One<[String: [Base]]>(value: ["x": [child]]))?.codingPath == "value.x[0]")
    #expect(encodingError(Either<Int, [Int: Base]>.right([3: child]))?.codingPath == "right._0.3")
    let deep = encodingError(InNested(child: child))
    #expect(deep?.codingPath == "list[1].inner.child")
    #expect(deep?.description.contains("can't be encoded at list[1].inner.child: the value's class is") == true)
  }

  @Test func containersHaveTheCodingPath() throws { _ = try roundTrip(One(value: [PathChecker(), PathChecker()])) }

  enum Other {
    struct Names: Codable { var names: OneByOne<OneByOne<String>> }
    struct NamesTooNarrow: Codable { var sizes: OneByOne<Int> }
    struct Missing: Codable { var missing: Int }
    struct Bonds: Codable { var bonds: [String: [Bond?]] }
    enum Bond: Codable {
      case none
      case single(order: Int8)
    }
    struct BondsBySingles: Codable { var bonds: [String: OneByOne<Single>] }
    struct Atoms: Decodable {
      init(from decoder: any Decoder) throws {
        var atoms = try decoder.container(keyedBy: AnyKey.self).nestedUnkeyedContainer(forKey: AnyKey("atoms"))
        _ = try atoms.decode(Atom<String>.self)
        _ = try atoms.superDecoder()
        _ = try atoms.decode(Bool.self)
      }
    }
  }
}

struct InNested: Encodable {
  var child: Base
  func encode(to encoder: any Encoder) throws {
    var top = encoder.container(keyedBy: AnyKey.self)
    var list = top.nestedUnkeyedContainer(forKey: AnyKey("list"))
    try list.encode(1)
    var keyed = list.nestedContainer(keyedBy: AnyKey.self)
    let inner = keyed.superEncoder(forKey: AnyKey("inner"))
    var last = inner.container(keyedBy: AnyKey.self)
    try last.encode(child, forKey: AnyKey("child"))
  }
}

struct PathChecker: Codable {
  init() {}
  func encode(to encoder: any Encoder) throws {
    let index = text(encoder.codingPath)
    #expect(index == "value.0" || index == "value.1")
    var keyed = encoder.container(keyedBy: AnyKey.self)
    #expect(text(keyed.codingPath) == index)
    var list = keyed.nestedUnkeyedContainer(forKey: AnyKey("list"))
    #expect(text(list.codingPath) == index + ".list")
    try list.encode([1])
    #expect(text(list.superEncoder().codingPath) == index + ".list.1")
    #expect(text(keyed.superEncoder().singleValueContainer().codingPath) == index + ".super")
  }
  init(from decoder: any Decoder) throws {
    let index = text(decoder.codingPath)
    #expect(index == "value.0" || index == "value.1")
    let keyed = try decoder.container(keyedBy: AnyKey.self)
    var list = try keyed.nestedUnkeyedContainer(forKey: AnyKey("list"))
    #expect(text(list.codingPath) == index + ".list")
    var inner = try list.nestedUnkeyedContainer()
    #expect(text(inner.codingPath) == index + ".list.0")
    #expect(text(try inner.superDecoder().codingPath) == index + ".list.0.0")
    #expect(text(try keyed.superDecoder().singleValueContainer().codingPath) == index + ".super")
  }
  private func text(_ path: [any CodingKey]) -> String {
    path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
  }
}
