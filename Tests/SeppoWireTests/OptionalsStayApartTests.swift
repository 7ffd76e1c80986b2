import SeppoWire
import Testing

@Suite struct OptionalsStayApartTests {
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

  /// What a wrapper writes can itself be nil: that is not the wrapper's absence.
  @Test func aValueThatWritesNilIsNotNil() {
    expectIdentity([Single(nil), Single(4)])
    expectIdentity([nil, Single(nil), Single(4)] as [Single?])
    expectIdentity([nil, .some(nil), Single(nil), Single(4)] as [Single??])
    expectIdentity([One<Single?>(value: Single(nil)), One(value: nil)])
    expectIdentity([[nil, 0.5], []] as [[Double?]])
  }

  @Test func whatWritesNothingIsNotNil() {
    expectIdentity([Nothing()])
    expectIdentity([nil, Nothing()] as [Nothing?])
    expectIdentity([nil, .some(nil), Nothing()] as [Nothing??])
  }

  /// `encode` of an optional and `decodeIfPresent` of what it wraps, and the other way round.
  @Test func optionalsByHand() {
    for style in ByHand.Style.allCases {
      expectIdentity([nil, .some(nil), 5].map { ByHand(style: style, value: $0) })
    }
  }

  @Test func unkeyedOptionalsByHand() {
    expectIdentity([UnkeyedByHand(values: [nil, .some(nil), 5, nil, .some(nil)]), UnkeyedByHand(values: [])])
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

/// Writes an optional as a whole, and asks `decodeNil` when it reads.
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

/// Opens no container at all.
struct Nothing: Codable, Equatable {
  init() {}
  init(from decoder: any Decoder) throws {}
  func encode(to encoder: any Encoder) throws {}
}

struct ByHand: Codable, Equatable {
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

struct UnkeyedByHand: Codable, Equatable {
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
