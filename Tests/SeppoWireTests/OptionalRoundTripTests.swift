import SeppoWire
import Testing

@Suite struct OptionalRoundTripTests {
  @Test func nestedOptionals() {
    expectIdentity([nil, .some(nil), 5] as [Int??])
    expectIdentity([nil, .some(nil), .some(.some(nil)), 5] as [Int???])
    expectIdentity([[nil, .some(nil), 5, 200], []] as [[Int??]])
    expectIdentity([[nil, [nil], []], [], [["a", nil]]] as [[[String?]?]])
    expectIdentity([["a": nil, "b": .some(nil), "c": 7]] as [[String: Int??]])
    expectIdentity([nil, .some(nil), .some([nil, .some(nil)])] as [[Double??]??])
    expectIdentity([nil, false, true] as [Bool?])
    expectIdentity([nil, .some(nil), .some(-0.5)] as [Double??])
    expectIdentity([nil, "", "\u{1}"] as [String?])
  }

  @Test func optionalFields() {
    var fields = OptionalFields()
    expectIdentity([fields])
    fields = OptionalFields(
      one: 1, two: .some(nil), three: .some(.some(nil)), list: [nil, .some(nil)], wrapped: Single(nil))
    expectIdentity([fields])
    fields = OptionalFields(one: nil, two: 2, three: 3, list: [], wrapped: Single(3), empty: Nothing())
    expectIdentity([fields])
    fields.three = .some(nil)
    fields.wrappedTwice = .some(Single(nil))
    expectIdentity([fields])
    fields.wrappedTwice = .some(nil)
    expectIdentity([fields])
  }

  /// A wrapper that encodes itself as nil is not a missing wrapper.
  @Test func aValueThatWritesNilIsNotNil() {
    expectIdentity([Single(nil), Single(4)])
    expectIdentity([nil, Single(nil), Single(4)] as [Single?])
    expectIdentity([nil, .some(nil), Single(nil), Single(4)] as [Single??])
    expectIdentity([One<Single?>(value: Single(nil)), One(value: nil)])
    expectIdentity([[nil, 0.5], []] as [[Double?]])
  }

  @Test func aValueThatWritesNothingIsNotNil() {
    expectIdentity([Nothing()])
    expectIdentity([nil, Nothing()] as [Nothing?])
    expectIdentity([nil, .some(nil), Nothing()] as [Nothing??])
  }

  /// `encode` of an optional with `decodeIfPresent` of the wrapped type, and vice versa.
  @Test func customCodingOfOptionals() {
    for style in CustomOptional.Style.allCases {
      expectIdentity([nil, .some(nil), 5].map { CustomOptional(style: style, value: $0) })
    }
  }

  @Test func customCodingOfUnkeyedOptionals() {
    expectIdentity([
      CustomUnkeyedOptionals(values: [nil, .some(nil), 5, nil, .some(nil)]), CustomUnkeyedOptionals(values: []),
    ])
  }
}

struct OptionalFields: Codable, Equatable {
  var one: Int?
  var two: Int??
  var three: Int???
  var list: [Int??]?
  var wrapped: Single?
  var wrappedTwice: Single??
  var empty: Nothing?
}

/// Encodes an optional as a single value, and decodes it with `decodeNil`.
struct Single: Codable, Equatable, Hashable {
  var value: Int?
  init(_ value: Int?) { self.value = value }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }
  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    value = container.decodeNil() ? nil : try container.decode(Int.self)
  }
}

/// Opens no container.
struct Nothing: Codable, Equatable {
  init() {}
  init(from decoder: any Decoder) throws {}
  func encode(to encoder: any Encoder) throws {}
}

struct CustomOptional: Codable, Equatable {
  enum Style: String, Codable, CaseIterable { case encode, encodeIfPresent, both }
  var style: Style
  var value: Int??

  enum Key: CodingKey { case style, value }

  init(style: Style, value: Int??) {
    self.style = style
    self.value = value
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(style, forKey: .style)
    switch style {
    case .encode, .both: try container.encode(value, forKey: .value)
    case .encodeIfPresent: try container.encodeIfPresent(value, forKey: .value)
    }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    style = try container.decode(Style.self, forKey: .style)
    switch style {
    case .both: value = try container.decode(Int??.self, forKey: .value)
    case .encode: value = try container.decodeIfPresent(Int?.self, forKey: .value)
    case .encodeIfPresent: value = try container.decodeIfPresent(Int?.self, forKey: .value)
    }
  }
}

struct CustomUnkeyedOptionals: Codable, Equatable {
  var values: [Int??]
  init(values: [Int??]) { self.values = values }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    for value in values { try container.encode(value) }
  }

  init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    values = []
    while !container.isAtEnd { values.append(try container.decodeIfPresent(Int?.self)) }
  }
}
