import SeppoWire
import Testing

@Suite struct NumberRoundTripTests {
  /// Returns every power of two, its neighbours and their negatives, if the type can represent them.
  func edges<I: FixedWidthInteger>(_ type: I.Type) -> [I] {
    var values: [I] = [.min, .max, 0]
    for shift in 0..<I.bitWidth {
      let power = I(truncatingIfNeeded: 1) << I(shift)
      values += [power, power &- 1, power &+ 1, 0 &- power, 0 &- power &- 1]
    }
    return values
  }

  func expectWidth<I: FixedWidthInteger & Codable>(_ type: I.Type) { expectIdentity(edges(type)) }

  @Test func integersOfEveryWidth() {
    expectWidth(Int.self)
    expectWidth(Int8.self)
    expectWidth(Int16.self)
    expectWidth(Int32.self)
    expectWidth(Int64.self)
    expectWidth(Int128.self)
    expectWidth(UInt.self)
    expectWidth(UInt8.self)
    expectWidth(UInt16.self)
    expectWidth(UInt32.self)
    expectWidth(UInt64.self)
    expectWidth(UInt128.self)
  }

  @Test func integersThroughEveryKindOfContainer() throws {
    expectIdentity([AllIntegers(), AllIntegers(negative: true)])
  }

  @Test func bools() {
    expectIdentity([true, false])
    expectIdentity([[true, false, true], [], [false]])
  }

  @Test func floatingPointKeepsItsBits() throws {
    let doubles: [UInt64] = [
      0, 1 << 63, 0x7FF0_0000_0000_0001, 0x7FF8_DEAD_BEEF_0001, 0xFFF4_0000_0000_0000, 0x7FF0_0000_0000_0000,
      0xFFF0_0000_0000_0000, 1, 0x7FEF_FFFF_FFFF_FFFF, 0x3FF0_0000_0000_0000, 0x4045_0000_0000_0000,
    ]
    let floats: [UInt32] = [
      0, 1 << 31, 0x7F80_0001, 0x7FC0_BEEF, 0xFFA0_0000, 0x7F80_0000, 1, 0x7F7F_FFFF, 0x3F80_0000,
    ]
    expectIdentity(doubles.map { Bits(Double(bitPattern: $0)) })
    expectIdentity(floats.map { Bits(Float(bitPattern: $0)) })
    let arrays = try roundTrip(One(value: doubles.map { Double(bitPattern: $0) }))
    #expect(arrays.value.map(\.bitPattern) == doubles)
    let items = try decoded(Double.self, count: doubles.count, from: encoded(doubles.map { Double(bitPattern: $0) }))
    #expect(items.map(\.bitPattern) == doubles)
  }

  @Test func everyFloat16KeepsItsBits() throws {
    let all = (0...UInt16.max).map { Float16(bitPattern: $0) }
    #expect(try roundTrip(One(value: all)).value.map(\.bitPattern) == all.map(\.bitPattern))
    let oneByOne = try decoded(Bits<Float16>.self, count: all.count, from: encoded(all.map { Bits($0) }))
    #expect(oneByOne.map(\.value.bitPattern) == all.map(\.bitPattern))
  }

  @Test func integersDecodeAsEveryTypeThatCanRepresentThem() throws {
    #expect(try transcode(Int8(-7), as: Int128.self) == -7)
    #expect(try transcode(UInt128(200), as: UInt8.self) == 200)
    #expect(try transcode(3, as: Double.self) == 3)
    #expect(try transcode(-300, as: Float.self) == -300)
    #expect(try transcode(Float(1.5), as: Double.self) == 1.5)
    #expect(try transcode(1.5, as: Float.self) == 1.5)
    #expect(throws: WireError.self) { try transcode(200, as: Int8.self) }
    #expect(throws: WireError.self) { try transcode(-1, as: UInt.self) }
    #expect(throws: WireError.self) { try transcode(UInt128.max, as: Int128.self) }
    #expect(throws: WireError.self) { try transcode(1e300, as: Float.self) }
    #expect(throws: WireError.self) { try transcode(Int.max, as: Double.self) }
    #expect(throws: WireError.self) { try transcode(1.0, as: Int.self) }
    #expect(throws: WireError.self) { try transcode(true, as: Int.self) }
  }

  @Test func smallNumbersTakeOneByte() throws {
    #expect(try encoded(["a"]).count == 3)
    let oneKey = try encoded([One(value: 0)]).count
    #expect(try encoded([One(value: 127)]).count == oneKey)
    #expect(try encoded([One(value: -1)]).count == oneKey + 1)
    #expect(try encoded([One(value: Int128(5))]).count == oneKey)
  }
}

/// A floating-point number, compared by its bits.
struct Bits<F: BinaryFloatingPoint & Codable & BitPatterned>: Codable, Equatable, Sendable where F: Sendable {
  var value: F
  init(_ value: F) { self.value = value }
  static func == (a: Bits, b: Bits) -> Bool { a.value.bitPattern == b.value.bitPattern }
}

protocol BitPatterned {
  associatedtype Pattern: Equatable
  var bitPattern: Pattern { get }
}
extension Double: BitPatterned {}
extension Float: BitPatterned {}
extension Float16: BitPatterned {}

/// Codes each integer type with its own method of the keyed, unkeyed and single-value containers.
struct AllIntegers: Codable, Equatable {
  var list: [Int128]

  init(negative: Bool = false) {
    list = negative ? [-1, -2, -300, -70_000, -5_000_000_000, .min] : [1, 200, 40_000, 3_000_000_000, 1 << 63, .max]
  }

  private enum Key: String, CodingKey { case list, single, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p }

  func encode(to encoder: any Encoder) throws {
    var keyed = encoder.container(keyedBy: Key.self)
    try keyed.encode(Int(truncatingIfNeeded: list[0]), forKey: .a)
    try keyed.encode(Int8(truncatingIfNeeded: list[0]), forKey: .b)
    try keyed.encode(Int16(truncatingIfNeeded: list[1]), forKey: .c)
    try keyed.encode(Int32(truncatingIfNeeded: list[2]), forKey: .d)
    try keyed.encode(Int64(truncatingIfNeeded: list[3]), forKey: .e)
    try keyed.encode(list[4], forKey: .f)
    try keyed.encode(UInt(truncatingIfNeeded: list[0]), forKey: .g)
    try keyed.encode(UInt8(truncatingIfNeeded: list[0]), forKey: .h)
    try keyed.encode(UInt16(truncatingIfNeeded: list[1]), forKey: .i)
    try keyed.encode(UInt32(truncatingIfNeeded: list[2]), forKey: .j)
    try keyed.encode(UInt64(truncatingIfNeeded: list[3]), forKey: .k)
    try keyed.encode(UInt128(truncatingIfNeeded: list[5]), forKey: .l)
    try keyed.encode(true, forKey: .m)
    try keyed.encode(Float(-0.0), forKey: .n)
    try keyed.encode(-0.0, forKey: .o)
    try keyed.encodeNil(forKey: .p)
    var unkeyed = keyed.nestedUnkeyedContainer(forKey: .list)
    try unkeyed.encode(Int8(truncatingIfNeeded: list[0]))
    try unkeyed.encode(Int16(truncatingIfNeeded: list[1]))
    try unkeyed.encode(Int32(truncatingIfNeeded: list[2]))
    try unkeyed.encode(Int64(truncatingIfNeeded: list[3]))
    try unkeyed.encode(list[4])
    try unkeyed.encode(UInt128(truncatingIfNeeded: list[5]))
    try unkeyed.encodeNil()
    try unkeyed.encode(contentsOf: [Int64.min, .max])
    try unkeyed.encode(contentsOf: [true, false])
    try unkeyed.encode(contentsOf: ["", "\0"])
    var single = keyed.superEncoder(forKey: .single).singleValueContainer()
    try single.encode(UInt128(truncatingIfNeeded: list[5]))
  }

  init(from decoder: any Decoder) throws {
    let keyed = try decoder.container(keyedBy: Key.self)
    let single = try keyed.superDecoder(forKey: .single).singleValueContainer().decode(UInt128.self)
    var unkeyed = try keyed.nestedUnkeyedContainer(forKey: .list)
    #expect(unkeyed.count == 13)
    _ = try unkeyed.decode(Int8.self)
    _ = try unkeyed.decode(Int16.self)
    _ = try unkeyed.decode(Int32.self)
    _ = try unkeyed.decode(Int64.self)
    let fourth = try unkeyed.decode(Int128.self)
    let fifth = try unkeyed.decode(UInt128.self)
    #expect(try unkeyed.decodeNil())
    #expect(try [unkeyed.decode(Int64.self), unkeyed.decode(Int64.self)] == [.min, .max])
    #expect(try [unkeyed.decode(Bool.self), unkeyed.decode(Bool.self)] == [true, false])
    #expect(unkeyed.currentIndex == 11)
    #expect(try [unkeyed.decode(String.self), unkeyed.decode(String.self)] == ["", "\0"])
    #expect(unkeyed.isAtEnd)
    #expect(single == fifth)
    #expect(try keyed.decode(Int128.self, forKey: .f) == fourth)
    #expect(try keyed.decode(UInt128.self, forKey: .l) == fifth)
    #expect(try keyed.decode(Bool.self, forKey: .m))
    #expect(try keyed.decode(Float.self, forKey: .n).bitPattern == 1 << 31)
    #expect(try keyed.decode(Double.self, forKey: .o).bitPattern == 1 << 63)
    #expect(try keyed.decodeNil(forKey: .p))
    let values: [Int128] = [
      Int128(try keyed.decode(Int.self, forKey: .a)),
      Int128(try keyed.decode(Int16.self, forKey: .c)),
      Int128(try keyed.decode(Int32.self, forKey: .d)),
      Int128(try keyed.decode(Int64.self, forKey: .e)),
      fourth, Int128(truncatingIfNeeded: fifth),
    ]
    let unsigned: [UInt64] = [
      UInt64(try keyed.decode(UInt.self, forKey: .g)), UInt64(try keyed.decode(UInt8.self, forKey: .h)),
      UInt64(try keyed.decode(UInt16.self, forKey: .i)), UInt64(try keyed.decode(UInt32.self, forKey: .j)),
      try keyed.decode(UInt64.self, forKey: .k), UInt64(bitPattern: Int64(try keyed.decode(Int8.self, forKey: .b))),
    ]
    #expect(UInt8(truncatingIfNeeded: unsigned[0]) == UInt8(unsigned[1]))
    #expect(unsigned[2] == UInt64(UInt16(truncatingIfNeeded: values[1])))
    #expect(unsigned[3] == UInt64(UInt32(truncatingIfNeeded: values[2])))
    #expect(unsigned[4] == UInt64(truncatingIfNeeded: values[3]))
    list = AllIntegers(negative: values[0] < 0).list
    #expect(list[4] == fourth && UInt128(truncatingIfNeeded: list[5]) == fifth)
    #expect(values[0] == list[0])
  }
}
