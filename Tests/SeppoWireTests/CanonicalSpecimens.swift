// Types for the tests of the canonical form.

import Testing

struct SetInside: Encodable {
  enum Key: CodingKey { case set, list, nested }
  let set: Set<Int>
  init(_ set: Set<Int>) { self.set = set }
  func encode(to encoder: any Encoder) throws {
    var keyed = encoder.container(keyedBy: Key.self)
    try keyed.encode(set, forKey: .set)
    var list = keyed.nestedUnkeyedContainer(forKey: .list)
    try list.encode(set)
    var single = keyed.superEncoder(forKey: .nested).singleValueContainer()
    try single.encode(set)
  }
}

struct InOrder: Encodable {
  let values: [(String, Int)]
  let nested: Bool
  init(_ values: [(String, Int)], nested: Bool = false) { (self.values, self.nested) = (values, nested) }
  func encode(to encoder: any Encoder) throws {
    var keyed = encoder.container(keyedBy: AnyKey.self)
    for (name, value) in values {
      if nested {
        var list = keyed.nestedUnkeyedContainer(forKey: AnyKey(name))
        try list.encode(value)
      } else {
        try keyed.encode(value, forKey: AnyKey(name))
      }
    }
  }
}

struct DuplicateKey: Encodable {
  let first: Int
  let second: Int
  func encode(to encoder: any Encoder) throws {
    var keyed = encoder.container(keyedBy: AnyKey.self)
    try keyed.encode(first, forKey: AnyKey("key"))
    try keyed.encode(second, forKey: AnyKey("key"))
  }
}

struct AlwaysThrowing: Encodable {
  func encode(to encoder: any Encoder) throws { throw Interrupted() }
}

final class KeptContainers {
  var encoder: (any Encoder)?
  var keyed: KeyedEncodingContainer<AnyKey>?
  var list: (any UnkeyedEncodingContainer)?
}

/// Stores its encoder and containers for later, or uses those that another value stored.
struct EncoderKeeper: Encodable {
  var keeper: KeptContainers?
  var late: KeptContainers?
  func encode(to encoder: any Encoder) throws {
    var keyed = encoder.container(keyedBy: AnyKey.self)
    if let late {
      var list = keyed.nestedUnkeyedContainer(forKey: AnyKey("other"))
      try list.encode(2)
      #expect(throws: EncodingError.self) { try late.keyed?.encode(1, forKey: AnyKey("x")) }
      #expect(throws: EncodingError.self) { try late.list?.encode(1) }
    }
    try keyed.encode(1, forKey: AnyKey("value"))
    keeper?.encoder = encoder
    keeper?.list = keyed.nestedUnkeyedContainer(forKey: AnyKey("list"))
    keeper?.keyed = keyed
  }
}

struct OddByFields: Encodable {
  var wide: Double
  var narrow: Int8
}

struct Stable: Encodable {
  var name: String
  var weights: [Double]
  var sets: Set<Set<Int>>
  var byName: [String: Shape?]
  var optional: Int?
  var absent: Int?

  static let canonical = """
    11 5 0 0 0 0 0 0 0 6 0 0 0 0 0 0 0 62 79 4e 61 6d 65 13 2 0 0 0 0 0 0 0 d 1 0 0 0 0 0 0 0 61 3 11 1 0 0 0 0 0 0 0 6 0 0 \
    0 0 0 0 0 63 69 72 63 6c 65 11 1 0 0 0 0 0 0 0 6 0 0 0 0 0 0 0 72 61 64 69 75 73 c 0 0 0 0 0 0 0 40 d 1 0 0 0 0 0 0 0 \
    7a 2 4 0 0 0 0 0 0 0 6e 61 6d 65 d 2 0 0 0 0 0 0 0 c3 a4 8 0 0 0 0 0 0 0 6f 70 74 69 6f 6e 61 6c 6 7 0 0 0 0 0 0 0 4 0 \
    0 0 0 0 0 0 73 65 74 73 12 2 0 0 0 0 0 0 0 12 0 0 0 0 0 0 0 0 12 2 0 0 0 0 0 0 0 6 1 0 0 0 0 0 0 0 6 3 0 0 0 0 0 0 0 7 \
    0 0 0 0 0 0 0 77 65 69 67 68 74 73 f 33 0 2 0 0 0 0 0 0 0 0 0 0 0 0 0 f8 3f 0 0 0 0 0 0 0 80
    """
}
