import Foundation
import SeppoWire
import Testing

@Suite("Slices of Data keep their indices")
struct SlicesTests {
  private func expectSame(_ slices: [Data], _ comment: Comment? = nil) throws {
    let back = try decoded(Data.self, count: slices.count, from: encoded(slices))
    #expect(back == slices, comment)
    #expect(back.map(\.startIndex) == slices.map(\.startIndex), comment)
    for (slice, copy) in zip(slices, back) {
      #expect(slice.indices.allSatisfy { slice[$0] == copy[$0] }, comment)
    }
  }

  @Test("Slices keep their indices in any order, if they overlap, if empty, and with different bases")
  func slices() throws {
    let image = Data((0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
    let other = Data((0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 11) })
    try expectSame(stride(from: 0, to: 1_000, by: 8).map { image[$0..<($0 + 8)] })
    try expectSame((0..<900).map { image[$0..<($0 + 100)] })
    try expectSame((0..<900).reversed().map { image[$0..<($0 + 3)] })
    try expectSame([image[8..<16], other[8..<16], image[12..<20], other[5..<700], image[5..<700]])
    try expectSame([image[7..<7], image[999...], image[1000...], image, Data(), image[..<0]])
    try expectSame(image.split(separator: 0).map { $0 })
  }

  @Test("Slices far from the start of their base keep their indices")
  func far() throws {
    let whole = Data(count: 3 << 20)
    try expectSame([whole[100..<200], whole[(2 << 20)..<((2 << 20) + 100)], whole[((3 << 20) - 1)...]])
  }

  @Test("Short slices of many bases don't take a page each")
  func manyWholes() throws {
    let packets = (0..<1_000).map { Data("packet \($0)".utf8).dropFirst(4) }
    try expectSame(packets)
    let back = try decoded(Data.self, count: packets.count, from: encoded(packets))
    let pages = Set(back.map { $0.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) / 4096 } })
    #expect(pages.count < 500)
  }

  @Test("The error for decoding a slice as another type calls it data")
  func asOther() throws {
    let error = decodingError(One<String>.self, from: try encoded([One(value: Data(0..<9)[3...])]))
    #expect(error?.reason == "expected String, found data")
  }

  @Test("Slices inside other values keep their indices")
  func nested() throws {
    let image = Data(0..<100)
    let value = Rows(rows: [image[3..<9], image[9..<20]], named: ["a": image[50...]])
    let back = try roundTrip(One(value: value)).value
    #expect(back.rows.map(\.startIndex) == [3, 9])
    #expect(back.named["a"]?.startIndex == 50)
    #expect(back == value)
  }

  @Test("Changing a decoded slice does not change another one")
  func changes() throws {
    let image = Data(0..<100)
    var back = try decoded(Data.self, count: 2, from: encoded([image[10..<20], image[15..<30]]))
    back[0][16] = 255
    back[0].append(7)
    #expect(back[1] == image[15..<30] && back[0].count == 11 && back[0].last == 7)
    back.remove(at: 0)
    back[0].append(contentsOf: [1, 2])
    #expect(back[0].count == 17 && back[0].prefix(15) == image[15..<30])
  }

  private struct Rows: Codable, Equatable {
    var rows: [Data]
    var named: [String: Data]
  }
}
