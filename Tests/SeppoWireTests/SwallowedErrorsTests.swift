import SeppoWire
import Testing

/// A program may continue after a value failed halfway. The next values must be decodable.
@Suite struct SwallowedErrorsTests {
  @Test func failedValuesLeaveNoBytes() {
    for place in Swallowing.Place.allCases {
      for failing in Swallowing.Failing.allCases {
        for interleaved in [false, true] {
          expectIdentity([Swallowing(place: place, failing: failing, interleaved: interleaved)])
        }
      }
    }
  }

  @Test func errorsHaveTheItem() throws {
    let error = try #require(encodingError([One(value: FailsHalfway(failing: .number))]))
    #expect(error.direction == .encode)
    #expect(error.reason.contains("Interrupted"))
    #expect(error.type == "Array<One<FailsHalfway>>")
    let writer = WireWriter()
    let items = [Optional(Single(1)), Single(2)].map { ($0, FailsHalfway?.none) }.map {
      Maybe(single: $0.0, half: $0.1)
    }
    let bad = [items[0], Maybe(single: nil, half: FailsHalfway(failing: .list)), items[1]]
    let thrown = #expect(throws: WireError.self) { try bad.withUnsafeBufferPointer { try Items.write($0, to: writer) } }
    #expect(thrown?.item == 1)
    // The items before it have been written, and nothing of the failed one.
    #expect(try [UInt8](writer.bytes) == encoded([items[0]]))
  }

  /// After a failed item, the writer can be used again.
  @Test func aWriterCanBeUsedAfterAFailure() throws {
    let writer = WireWriter()
    for failing in Swallowing.Failing.allCases {
      let bad = [FailsHalfway(failing: failing)]
      #expect(throws: WireError.self) { try bad.withUnsafeBufferPointer { try Items.write($0, to: writer) } }
      #expect(writer.count == 0)
    }
    try ["after"].withUnsafeBufferPointer { try Items.write($0, to: writer) }
    #expect(try [UInt8](writer.bytes) == encoded(["after"]))
  }

  @Test func aValueThatEncodesItselfTwiceIsAnError() {
    #expect(encodingError(Misuse(kind: .twoSingles))?.reason.contains("more than once") == true)
    #expect(encodingError(Misuse(kind: .singleThenKeyed))?.reason.contains("two different kinds") == true)
    #expect(encodingError(Misuse(kind: .keyedThenUnkeyed))?.reason.contains("two different kinds") == true)
    #expect(encodingError(Misuse(kind: .keyedThenSingle))?.reason.contains("more than once") == true)
    #expect(encodingError([One(value: Misuse(kind: .twoSingles))])?.codingPath == "[0].value")
  }

  @Test func expiredContainersThrow() {
    let keeper = Keeper()
    expectIdentity([Kept(keeper: keeper)])
    #expect(throws: EncodingError.self) { try keeper.keyed?.encode(1, forKey: AnyKey("late")) }
    #expect(throws: EncodingError.self) { try keeper.unkeyed?.encode("late") }
    #expect(throws: EncodingError.self) { try keeper.unkeyed?.encode([nil as Int?]) }
    #expect(throws: EncodingError.self) { try "late".encode(to: keeper.encoder!) }
    #expect(throws: EncodingError.self) {
      var nested = keeper.keyed?.nestedUnkeyedContainer(forKey: AnyKey("late"))
      try nested?.encode(1)
    }
    #expect(throws: DecodingError.self) { try Int(from: keeper.decoder!) }
    #expect(throws: DecodingError.self) { try keeper.decoder!.container(keyedBy: AnyKey.self) }
    #expect(keeper.decoder!.codingPath.isEmpty && keeper.encoder!.codingPath.isEmpty)
    #expect(keeper.reading?.allKeys.isEmpty == true)
    #expect(keeper.reading?.contains(AnyKey("value")) == false)
    #expect(throws: DecodingError.self) { try keeper.reading?.decode(Int.self, forKey: AnyKey("value")) }
  }
}

struct Maybe: Encodable {
  var single: Single?
  var half: FailsHalfway?
}

struct Interrupted: Error {}

/// Writes some values, then fails.
struct FailsHalfway: Encodable {
  var failing: Swallowing.Failing
  private enum Key: CodingKey { case a, b }

  func encode(to encoder: any Encoder) throws {
    switch failing {
    case .nothing: break
    case .number:
      var single = encoder.singleValueContainer()
      try single.encode(300)
    case .list:
      var list = encoder.unkeyedContainer()
      try list.encode("x")
      var inner = list.nestedUnkeyedContainer()
      try inner.encode([1.5])
    case .keyed:
      var keyed = encoder.container(keyedBy: AnyKey.self)
      var inner = keyed.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("a"))
      try keyed.encode("x", forKey: AnyKey("b"))
      try inner.encode(["y": nil as Int?], forKey: AnyKey("c"))
    case .shaped:
      var keyed = encoder.container(keyedBy: Key.self)
      var inner = keyed.nestedContainer(keyedBy: Key.self, forKey: .a)
      var list = keyed.nestedUnkeyedContainer(forKey: .b)
      try list.encode(Single(5))
      try inner.encode(300, forKey: .b)
    case .deeper:
      var list = encoder.unkeyedContainer()
      try list.encode(1)
      try list.encode(FailsHalfway(failing: .keyed))
    case .mistake:
      var single = encoder.singleValueContainer()
      try single.encode(1)
      try single.encode("again")
      return
    }
    throw Interrupted()
  }
}

struct Swallowing: Codable, Equatable {
  enum Place: String, Codable, CaseIterable { case keyed, unkeyed, single, optional, superEncoder }
  enum Failing: String, Codable, CaseIterable { case nothing, number, list, keyed, shaped, deeper, mistake }
  var place: Place
  var failing: Failing
  var interleaved: Bool

  private enum Key: CodingKey { case place, failing, interleaved, before, list, bad, after, slot, other }
  init(place: Place, failing: Failing, interleaved: Bool) {
    (self.place, self.failing, self.interleaved) = (place, failing, interleaved)
  }

  func encode(to encoder: any Encoder) throws {
    var keyed = encoder.container(keyedBy: Key.self)
    try keyed.encode(place, forKey: .place)
    var list = keyed.nestedUnkeyedContainer(forKey: .list)
    try list.encode("before")
    let slot = keyed.superEncoder(forKey: .slot)
    var other = keyed.nestedUnkeyedContainer(forKey: .other)
    if interleaved { try other.encode("other") }
    let bad = FailsHalfway(failing: failing)
    switch place {
    case .keyed: try? keyed.encode(bad, forKey: .bad)
    case .unkeyed: try? list.encode(bad)
    case .optional: try? list.encode(Optional(bad))
    case .single, .superEncoder:
      var single = slot.singleValueContainer()
      try? single.encode(bad)
    }
    if place == .single {
      var single = slot.singleValueContainer()
      try single.encode("instead")
    }
    try list.encode("after")
    #expect(list.count == 2)
    try keyed.encode(failing, forKey: .failing)
    try keyed.encode(interleaved, forKey: .interleaved)
    try other.encode("last")
  }

  init(from decoder: any Decoder) throws {
    let keyed = try decoder.container(keyedBy: Key.self)
    place = try keyed.decode(Place.self, forKey: .place)
    failing = try keyed.decode(Failing.self, forKey: .failing)
    interleaved = try keyed.decode(Bool.self, forKey: .interleaved)
    #expect(!keyed.contains(.bad))
    #expect(try keyed.decode([String].self, forKey: .list) == ["before", "after"])
    #expect(try keyed.decode([String].self, forKey: .other) == (interleaved ? ["other", "last"] : ["last"]))
    if place == .single { #expect(try keyed.decode(String.self, forKey: .slot) == "instead") }
  }
}

struct Misuse: Encodable {
  enum Kind { case twoSingles, singleThenKeyed, keyedThenUnkeyed, keyedThenSingle }
  var kind: Kind
  func encode(to encoder: any Encoder) throws {
    var single = encoder.singleValueContainer()
    switch kind {
    case .twoSingles:
      try single.encode(1)
      try single.encode([2])
    case .singleThenKeyed:
      try single.encode(1)
      _ = encoder.container(keyedBy: AnyKey.self)
    case .keyedThenUnkeyed:
      _ = encoder.container(keyedBy: AnyKey.self)
      var list = encoder.unkeyedContainer()
      try list.encode(1)
    case .keyedThenSingle:
      _ = encoder.container(keyedBy: AnyKey.self)
      try single.encode(FailsHalfway?.none)
    }
  }
}

/// Keeps encoders, decoders and containers for too long.
final class Keeper {
  var encoder: (any Encoder)?
  var decoder: (any Decoder)?
  var keyed: KeyedEncodingContainer<AnyKey>?
  var unkeyed: (any UnkeyedEncodingContainer)?
  var reading: KeyedDecodingContainer<AnyKey>?
  // Safe because only one test uses it.
  nonisolated(unsafe) static var last: Keeper?
}

struct Kept: Codable, Equatable {
  var keeper: Keeper?
  init(keeper: Keeper) { self.keeper = keeper }
  static func == (a: Kept, b: Kept) -> Bool { true }

  func encode(to encoder: any Encoder) throws {
    var keyed = encoder.container(keyedBy: AnyKey.self)
    try keyed.encode(1, forKey: AnyKey("value"))
    keeper?.encoder = encoder
    keeper?.unkeyed = keyed.nestedUnkeyedContainer(forKey: AnyKey("list"))
    keeper?.keyed = keyed
    Keeper.last = keeper
  }
  init(from decoder: any Decoder) throws {
    Keeper.last?.decoder = decoder
    Keeper.last?.reading = try decoder.container(keyedBy: AnyKey.self)
  }
}
