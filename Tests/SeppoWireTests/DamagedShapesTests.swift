import SeppoWire
import Testing

/// Malformed tables of shapes.
@Suite struct DamagedShapesTests {
  /// Returns a part: a container of this shape with these values, then a table with these bytes.
  func part(shape: UInt32 = 0, _ values: [UInt8], table: [UInt8], length: Int? = nil) -> [UInt8] {
    let head = (0..<4).map { UInt8(truncatingIfNeeded: shape >> (8 * $0)) } + sixBytes(values.count)
    return [0x16] + head + values + table + sixBytes(length ?? table.count)
  }

  func sixBytes(_ value: Int) -> [UInt8] { (0..<6).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

  /// One shape with the keys a, b and c.
  static let table: [UInt8] = [0x17, 1, 3, 1, 0x61, 1, 0x62, 1, 0x63]

  @Test func validTable() throws {
    let bytes = part([0x81, 0x82, 0x83], table: DamagedShapesTests.table)
    #expect(try decoded(Inner3.self, from: bytes)[0] == Inner3(a: 1, b: 2, c: 3))
    #expect(try encoded([Inner3(a: 1, b: 2, c: 3)]) == bytes)
  }

  @Test func unknownShape() {
    for shape in [1, 2, 0x7FFF_FFFF, 0xFFFF_FFFF] as [UInt32] {
      let bytes = part(shape: shape, [0x81, 0x82, 0x83], table: DamagedShapesTests.table)
      let error = decodingError(Inner3.self, from: bytes)
      #expect(error?.reason == "there is no shape \(shape)")
    }
  }

  @Test func missingTable() {
    let container = Array(part([0x81, 0x82, 0x83], table: [], length: 0).dropLast(6))
    for count in 0..<6 {
      let bytes = container + [UInt8](repeating: 0, count: count)
      #expect(decodingError(Inner3.self, from: bytes)?.reason.contains("table of shapes") == true)
    }
    for length in [0, 1, 3, 8, 10, 1 << 20, 1 << 40, (1 << 48) - 1] {
      let bytes = part([0x81, 0x82, 0x83], table: DamagedShapesTests.table, length: length)
      #expect(decodingError(Inner3.self, from: bytes)?.reason.contains("table of shapes") == true)
    }
    // Not an empty table, but six empty items and six more.
    #expect(decodingError(Nothing.self, count: 6, from: [UInt8](repeating: 0, count: 12)) != nil)
    #expect(decodingError(Int.self, from: [0x81, 0x17, 0, 2, 0, 0, 0, 0, 0]) != nil)
  }

  @Test func countsThatAreTooLarge() {
    let endless = [UInt8](repeating: 0xFF, count: 8) + [0x7F]
    for count in [[4], [0x7F], [0xFF, 0xFF, 3], endless] as [[UInt8]] {
      #expect(decodingError(Inner3.self, from: part([0x81], table: [0x17] + count + [3, 1, 0x61])) != nil)
      #expect(decodingError(Inner3.self, from: part([0x81], table: [0x17, 1] + count + [1, 0x61])) != nil)
      #expect(decodingError(Inner3.self, from: part([0x81], table: [0x17, 1, 1] + count + [0x61])) != nil)
    }
    // More bytes than the counts say.
    #expect(decodingError(Inner3.self, from: part([0x81, 0x82, 0x83], table: DamagedShapesTests.table + [0])) != nil)
  }

  @Test func fewerValuesThanKeys() {
    for count in 0..<3 {
      let values = Array([0x81, 0x82, 0x83][..<count]) as [UInt8]
      let error = decodingError(Inner3.self, from: part(values, table: DamagedShapesTests.table))
      #expect(error?.reason.contains("the bytes end before the value") == true)
    }
    #expect(decodingError([String: Int].self, from: part([0x81], table: DamagedShapesTests.table)) != nil)
    #expect(decodingError(Inner3.self, from: part([0x81, 0x7E, 0x83], table: DamagedShapesTests.table)) != nil)
  }

  /// The last value counts, with few and with many keys.
  @Test func duplicateKeys() throws {
    let twice = part([0x81, 0x82, 0x83, 0x84], table: [0x17, 1, 4, 1, 0x61, 1, 0x62, 1, 0x63, 1, 0x61])
    #expect(try decoded(Inner3.self, from: twice)[0] == Inner3(a: 4, b: 2, c: 3))
    #expect(try decoded([String: Int].self, from: twice)[0] == ["a": 4, "b": 2, "c": 3])
    let many = (0..<90 as Range<UInt8>).flatMap { [1, 0x61 + $0 % 3] as [UInt8] }
    let often = part((0..<90 as Range<UInt8>).map { 0x80 | $0 }, table: [0x17, 1, 90] + many)
    #expect(try decoded(Inner3.self, from: often)[0] == Inner3(a: 87, b: 88, c: 89))
    #expect(try decoded([String: Int].self, from: often)[0] == ["a": 87, "b": 88, "c": 89])
  }

  @Test func keyThatIsNotUTF8() {
    let table: [UInt8] = [0x17, 1, 3, 1, 0xFF, 1, 0x62, 1, 0x63]
    let bytes = part([0x81, 0x82, 0x83], table: table)
    #expect(decodingError([String: Int].self, from: bytes)?.reason.contains("UTF-8") == true)
    #expect(decodingError(Inner3.self, from: bytes)?.reason.contains("no value for the key \"a\"") == true)
  }

  /// Many shapes in few bytes take little memory and linear time.
  @Test func shapesWithoutKeys() {
    let count = 1 << 18
    var claimed: [UInt8] = []
    for shift in [0, 7, 14] { claimed.append(UInt8(count >> shift & 0x7F) | (shift < 14 ? 0x80 : 0)) }
    let bytes = part(shape: UInt32(count - 1), [], table: [0x17] + claimed + [UInt8](repeating: 0, count: count))
    #expect(decodingError(Inner3.self, from: bytes)?.reason.contains("no value for the key \"a\"") == true)
  }
}
