import SeppoWire
import Testing

@Suite struct CustomCodingTests {
  @Test func unusualKeys() {
    expectIdentity([OddKeys(), OddKeys(values: [1, nil, .some(nil), 4, 5, 6, 7])])
  }

  @Test func allKeysAreInOrder() throws {
    let names = (0..<100).map { "key\($0)" } + ["", "\0", "é", "e\u{301}"]
    let back = try roundTrip(KeyLister(names: names))
    #expect(back.names.map { Array($0.utf8) } == names.map { Array($0.utf8) })
    #expect(try roundTrip(KeyLister(names: [])).names.isEmpty)
  }

  @Test func keysCanBeReadInAnyOrder() throws {
    let value = KeyLister(names: (0..<30).map { "k\($0)" })
    let reader = try transcode(value, as: BackwardReader.self)
    #expect(reader.values == (0..<30).reversed().map { "k\($0)" } + ["k7", "k7", "k29", "k0"])
  }

  @Test func propertyWrappers() {
    expectIdentity([Wrapping(count: 5, name: nil, list: [1]), Wrapping(count: 100, name: "n", list: [])])
  }

  @Test func delegation() {
    expectIdentity([Delegating(value: One(value: [1, 2])), Delegating(value: One(value: []))])
    expectIdentity([Delegating(value: "text")])
    expectIdentity([Delegating(value: [1.5, -0.0])])
    expectIdentity([Delegating(value: 5 as Int?), Delegating(value: nil)])
    expectIdentity([Delegating(value: Shape.circle(radius: 1))])
    expectIdentity([Delegating(value: Delegating(value: Delegating(value: Int128.min)))])
  }

  @Test func tryingSeveralTypes() {
    expectIdentity([
      Json.null, .number(1.5), .text("x"), .flag(true), .list([.null, .list([])]),
      .object(["a": .null, "b": .list([.text("")])]),
    ])
  }

  @Test func integerKeys() { expectIdentity([IntKeyed(values: [1: "a", -5: "b"])]) }

  @Test func decodingAnotherTypeIsAnError() throws {
    let number = try encoded([One(value: 5)])
    #expect(decodingError(One<String>.self, from: number)?.reason == "expected String, found an integer")
    #expect(decodingError(One<Bool>.self, from: number) != nil)
    #expect(decodingError(One<[Int]>.self, from: number) != nil)
    #expect(decodingError(One<[String: Int]>.self, from: number) != nil)
    #expect(decodingError(One<Shape>.self, from: number) != nil)
    #expect(decodingError(One<Float16>.self, from: number)?.reason.contains("Float16") == true)
    #expect(decodingError(One<SIMD2<Double>>.self, from: number) != nil)
    #expect(decodingError(Framed<Int>.self, from: number)?.reason.contains("no value for the key \"before\"") == true)
    let null = try encoded([One<Int?>(value: nil)])
    let types: [any Decodable.Type] = [
      One<Int>.self, One<String>.self, One<[Int]>.self, One<Shape>.self, One<Bool>.self, One<Double>.self,
      One<Float16>.self,
      One<UInt128>.self, One<[[String]]>.self, One<SIMD2<Float>>.self, One<[String: Int]>.self, One<Base>.self,
    ]
    for type in types {
      func check<T: Decodable>(_ type: T.Type) { #expect(decodingError(type, from: null) != nil) }
      check(type)
    }
    // Only two bytes are valid for a Bool.
    let tag = try #require(try encoded([true]).first)
    let other = try encoded([false]).first
    for byte in UInt8.min ... .max where byte != tag && byte != other {
      #expect(decodingError(Bool.self, from: [byte]) != nil)
      #expect(decodingError([Bool].self, from: [0x15, 1, 0, 0, 0, 0, 0, byte]) != nil)
    }
    #expect(decodingError(Level.self, from: try encoded([3]).map { $0 }) != nil)
    #expect(decodingError(Suit.self, from: try encoded(["diamonds"]))?.type == "Suit")
    #expect(decodingError(Shape.self, from: try encoded([["ellipse": ["radius": 1.0]]])) != nil)
    #expect(decodingError(ClosedRange<Int>.self, from: try encoded([OneByOne([5, 3])])) != nil)
    #expect(decodingError([String: Int].self, from: try encoded([One(value: "x")])) != nil)
    #expect(decodingError([Suit: Int].self, from: try encoded([OneByOne(["clubs"])])) != nil)
    #expect(decodingError(Int.self, from: [1, 2, 3]) != nil)
    #expect(decodingError(String.self, from: []) != nil)
  }
}

struct OddKeys: Codable, Equatable {
  var values: [Int??] = Array(repeating: nil, count: 7)
  private enum Key: String, CodingKey, CaseIterable {
    case empty = ""
    case null = "\0"
    case emoji = "👩‍👩‍👧‍👦"
    case dotted = "a.b[3]"
    case composed = "\u{E9}"
    case decomposed = "e\u{301}x"
    case long = """
      kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\
      kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\
      kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
      """
  }
  init(values: [Int??] = Array(repeating: nil, count: 7)) { self.values = values }
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for (key, value) in zip(Key.allCases, values) { try container.encodeIfPresent(value, forKey: key) }
  }
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    values = try Key.allCases.map { key in
      let value = try container.decodeIfPresent(Int?.self, forKey: key)
      try hold(container.contains(key) == (value != nil) && container.allKeys.contains(key) == (value != nil))
      return value
    }
  }
}

struct KeyLister: Codable {
  var names: [String]
  init(names: [String]) { self.names = names }
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: AnyKey.self)
    for name in names { try container.encode(name, forKey: AnyKey(name)) }
  }
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyKey.self)
    names = container.allKeys.map(\.stringValue)
    for name in names {
      #expect(try Array(container.decode(String.self, forKey: AnyKey(name)).utf8) == Array(name.utf8))
    }
  }
}

struct BackwardReader: Decodable {
  var values: [String] = []
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyKey.self)
    for index in (0..<30).reversed() { values.append(try container.decode(String.self, forKey: AnyKey("k\(index)"))) }
    for name in ["k7", "k7", "k29", "k0"] { values.append(try container.decode(String.self, forKey: AnyKey(name))) }
    #expect(!container.contains(AnyKey("k30")) && container.contains(AnyKey("k3")))
    #expect(throws: DecodingError.self) { try container.decode(String.self, forKey: AnyKey("k30")) }
    #expect(throws: DecodingError.self) { try container.decodeNil(forKey: AnyKey("k30")) }
    #expect(try container.decodeIfPresent(Int.self, forKey: AnyKey("k30")) == nil)
  }
}

@propertyWrapper struct Clamped<T: Codable & Equatable>: Codable, Equatable {
  var wrappedValue: T
  init(wrappedValue: T) { self.wrappedValue = wrappedValue }
  func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
  init(from decoder: any Decoder) throws { wrappedValue = try T(from: decoder) }
}

struct Wrapping: Codable, Equatable {
  @Clamped var count: Int
  @Clamped var name: String?
  @Clamped var list: [Int8]
}

struct Delegating<T: Codable & Equatable>: Codable, Equatable {
  var value: T
  init(value: T) { self.value = value }
  func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
  init(from decoder: any Decoder) throws { value = try T(from: decoder) }
}

enum Json: Codable, Equatable {
  case null
  case number(Double)
  case text(String)
  case flag(Bool)
  case list([Json])
  case object([String: Json])
  func encode(to encoder: any Encoder) throws {
    var single = encoder.singleValueContainer()
    switch self {
    case .null: try single.encodeNil()
    case .number(let value): try single.encode(value)
    case .text(let value): try single.encode(value)
    case .flag(let value): try single.encode(value)
    case .list(let value): try single.encode(value)
    case .object(let value): try single.encode(value)
    }
  }
  init(from decoder: any Decoder) throws {
    let single = try decoder.singleValueContainer()
    if single.decodeNil() {
      self = .null
    } else if let value = try? single.decode(Bool.self) {
      self = .flag(value)
    } else if let value = try? single.decode(Double.self) {
      self = .number(value)
    } else if let value = try? single.decode(String.self) {
      self = .text(value)
    } else if let value = try? single.decode([Json].self) {
      self = .list(value)
    } else {
      self = .object(try single.decode([String: Json].self))
    }
  }
}

struct IntKeyed: Codable, Equatable {
  struct Key: CodingKey {
    var intValue: Int?
    var stringValue: String { "\(intValue!)" }
    init(_ value: Int) { intValue = value }
    init?(intValue: Int) { self.intValue = intValue }
    init?(stringValue: String) {
      guard let value = Int(stringValue) else { return nil }
      intValue = value
    }
  }
  var values: [Int: String]
  init(values: [Int: String]) { self.values = values }
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for (key, value) in values { try container.encode(value, forKey: Key(key)) }
  }
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    values = [:]
    for key in container.allKeys { values[key.intValue!] = try container.decode(String.self, forKey: key) }
  }
}
