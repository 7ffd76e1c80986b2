import SeppoWire
import Testing

/// The wire form of some items.
func encoded<T: Encodable>(_ items: [T]) throws -> [UInt8] {
  // As small as can be, so that growing is met everywhere.
  let writer = _WireWriter(capacity: 1)
  try items.withUnsafeBufferPointer { try Items.write($0, to: writer) }
  return [UInt8](writer.bytes)
}

/// The items that stand in the bytes.
func decoded<T: Decodable>(_ type: T.Type = T.self, count: Int = 1, from bytes: [UInt8]) throws -> [T] {
  // A block of its own that ends with the bytes, so that the address sanitizer sees a read past the end;
  // begun at an odd address, as parts of a message are.
  let block = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 1, alignment: 16)
  defer { block.deallocate() }
  let copy = UnsafeMutableRawBufferPointer(rebasing: block[1...])
  copy.copyBytes(from: bytes)
  return try [T](unsafeUninitializedCapacity: count) { items, initialized in
    let (done, error) = Items.read(
      UnsafeMutableBufferPointer(rebasing: items[..<count]), from: UnsafeRawBufferPointer(copy))
    initialized = done
    if let error { throw error }
    #expect(done == count)
  }
}

func roundTrip<T: Codable>(_ value: T) throws -> T { try decoded(T.self, from: encoded([value]))[0] }

/// What a type's wire form is read as by another type.
func transcode<T: Encodable, U: Decodable>(_ value: T, as type: U.Type) throws -> U {
  // `One` keeps both away from the path for items that are memory.
  try decoded(One<U>.self, from: encoded([One(value: value)]))[0].value
}

struct One<T> { var value: T }
extension One: Encodable where T: Encodable {}
extension One: Decodable where T: Decodable {}
extension One: Equatable where T: Equatable {}

/// A value between others, which show when it took more or less than its own bytes.
struct Framed<T: Codable & Equatable>: Codable, Equatable {
  var before = "before"
  var value: T
  var between = -1
  var optional: T?
  var absent: T?
  var twice: T??
  var list: [T]
  var byName: [String: T?]
  var after = 1.5

  init(_ value: T) {
    self.value = value
    optional = value
    twice = value
    list = [value, value]
    byName = ["a": value, "b": nil, "": value]
  }
}

/// Expects that the values come back equal: as items, as fields, in arrays, in dictionaries and wrapped in optionals.
func expectIdentity<T: Codable & Equatable>(_ values: [T], sourceLocation: SourceLocation = #_sourceLocation) {
  func check<U: Codable & Equatable>(_ items: [U]) {
    do {
      let back = try decoded(U.self, count: items.count, from: encoded(items))
      for (item, back) in zip(items, back) where item != back {
        Issue.record(
          "\(U.self): \("\(item)".prefix(300)) came back as \("\(back)".prefix(300))", sourceLocation: sourceLocation)
      }
    } catch {
      Issue.record(error, sourceLocation: sourceLocation)
    }
  }
  check(values)
  check([values, [], values])
  check(values.map { Framed($0) })
  check(values.map { Optional($0) } + [nil])
  check(values.map { Optional(Optional($0)) } + [nil, .some(nil)])
  check(values.map { Optional(Framed($0)) } + [nil])
  check(values.map { [[nil, $0], []] })
  check(values.map { [1: $0, -7: $0] })
}

/// The error of reading these bytes; a missing one is an issue.
func decodingError<T: Decodable>(
  _ type: T.Type, count: Int = 1, from bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
) -> WireError? {
  #expect(throws: WireError.self, sourceLocation: sourceLocation) { _ = try decoded(type, count: count, from: bytes) }
}

func encodingError<T: Encodable>(_ value: T, sourceLocation: SourceLocation = #_sourceLocation) -> WireError? {
  #expect(throws: WireError.self, sourceLocation: sourceLocation) { _ = try encoded([value]) }
}

/// A condition on what a type's `init(from:)` reads, which with hostile bytes need not hold.
func hold(_ condition: Bool) throws {
  if !condition { throw NotHeld() }
}
struct NotHeld: Error {}

/// SplitMix64 (Steele, Lea, Flood 2014): a failing round is run again from its printed seed.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
