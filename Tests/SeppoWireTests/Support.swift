import SeppoWire
import Testing

/// Returns the wire form of the items.
func encoded<T: Encodable>(_ items: [T]) throws -> [UInt8] {
  // The minimum capacity, so that the buffer has to grow everywhere.
  let writer = WireWriter(capacity: 1)
  try items.withUnsafeBufferPointer { try Items.write($0, to: writer) }
  return [UInt8](writer.bytes)
}

/// Decodes the items from the bytes.
func decoded<T: Decodable>(_ type: T.Type = T.self, count: Int = 1, from bytes: [UInt8]) throws -> [T] {
  // A separate block that ends with the bytes, so that the address sanitizer detects a read past the end. The bytes
  // start at an odd address, as parts of a message may.
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

/// Decodes the wire form of a value as another type.
func transcode<T: Encodable, U: Decodable>(_ value: T, as type: U.Type) throws -> U {
  // Wrapped in `One`, so that items of plain memory are encoded like other values.
  try decoded(One<U>.self, from: encoded([One(value: value)]))[0].value
}

struct One<T> { var value: T }
extension One: Encodable where T: Encodable {}
extension One: Decodable where T: Decodable {}
extension One: Equatable where T: Equatable {}

/// A value between others, to detect that it reads too many or too few bytes.
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

/// Expects that a round trip returns equal values: as items, as fields, in arrays, in dictionaries and in optionals.
func expectIdentity<T: Codable & Equatable>(_ values: [T], sourceLocation: SourceLocation = #_sourceLocation) {
  func check<U: Codable & Equatable>(_ items: [U]) {
    do {
      let back = try decoded(U.self, count: items.count, from: encoded(items))
      for (item, back) in zip(items, back) where item != back {
        Issue.record(
          "\(U.self): \("\(item)".prefix(300)) was decoded as \("\(back)".prefix(300))", sourceLocation: sourceLocation)
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

/// Returns the error of decoding the bytes. Records an issue if there is none.
func decodingError<T: Decodable>(
  _ type: T.Type, count: Int = 1, from bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
) -> WireError? {
  #expect(throws: WireError.self, sourceLocation: sourceLocation) { _ = try decoded(type, count: count, from: bytes) }
}

func encodingError<T: Encodable>(_ value: T, sourceLocation: SourceLocation = #_sourceLocation) -> WireError? {
  #expect(throws: WireError.self, sourceLocation: sourceLocation) { _ = try encoded([value]) }
}

/// Throws if a condition in a type's `init(from:)` is false, which may happen with damaged bytes.
func hold(_ condition: Bool) throws {
  if !condition { throw ConditionFailed() }
}
struct ConditionFailed: Error {}

/// SplitMix64 (Steele, Lea, Flood 2014). A failing round can be repeated with its printed seed.
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
