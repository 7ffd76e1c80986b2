import Foundation
import SeppoWire
import Testing

@Suite("Tuples as items")
struct TupleItemTests {
  private func roundTrip<Item: _TupleItem>(_ items: [Item]) throws -> [Item] {
    try decoded(Item.self, count: items.count, from: encoded(items))
  }

  @Test("They are the same after a round trip")
  func roundTrips() throws {
    let pairs = try roundTrip([_Tuple((1, "a")), _Tuple((-2, ""))])
    #expect(pairs.map(\.tuple.0) == [1, -2] && pairs.map(\.tuple.1) == ["a", ""])
    let memory = try roundTrip([_Tuple((UInt8(3), 2.5, SIMD3<Float>(1, 2, 3), Int.min))])
    #expect(memory[0].tuple == (3, 2.5, [1, 2, 3], .min))
    let numbered = try roundTrip([_Enumerated((offset: 7, element: [1.5]))])
    #expect(numbered[0].tuple.offset == 7 && numbered[0].tuple.element == [1.5])
    let entries = try roundTrip([_Entry((key: "k", value: Data([1])))])
    #expect(entries[0].tuple.key == "k" && entries[0].tuple.value == Data([1]))
  }

  @Test("They are sent as memory if all parts are")
  func memory() throws {
    #expect(Items.areMemory(_Tuple<Int, Double>.self) && Items.areMemory(_Tuple<UInt8, SIMD2<Float>, Int>.self))
    #expect(Items.areMemory(_Enumerated<Float>.self) && Items.areMemory(_Entry<Int, Int>.self))
    #expect(!Items.areMemory(_Tuple<Int, String>.self) && !Items.areMemory(_Tuple<Bool, Int>.self))
    #expect(!Items.areMemory(_Enumerated<[Int]>.self))
    #expect(Items.haveOwnForm(_Tuple<Int, String>.self) && !Items.haveOwnForm(_Tuple<Int, Lossy>.self))
    #expect(try encoded([_Tuple((1, 2.5)), _Tuple((2, 3.5))]).count == 32)
  }

  @Test("Another number of parts is an error, and so is a part that can't be decoded")
  func errors() throws {
    let bytes = try encoded([_Tuple((1, "a"))])
    #expect(throws: WireError.self) { try decoded(_Tuple<Int, String, Int>.self, from: bytes) }
    #expect(throws: WireError.self) { try decoded(_Tuple<String, String>.self, from: bytes) }
    #expect(try decoded(_Tuple<Int, String>.self, from: bytes)[0].tuple.1 == "a")
  }

  @Test("A part that breaks the promise of plain memory is found")
  func promise() {
    #expect(PlainMemoryPromise.broken(in: _Tuple<Int, Flagged>.self)?.type == Flagged.self)
    #expect(PlainMemoryPromise.broken(in: _Tuple<Int, Double>.self) == nil)
  }

  @Test("Messages show them as tuples")
  func descriptions() {
    #expect("\(_Tuple((1, "a")))" == #"(1, "a")"#)
    #expect("\(_Enumerated((offset: 1, element: 2.5)))" == "(offset: 1, element: 2.5)")
    #expect("\(_Entry((key: 1, value: 2)))" == "(key: 1, value: 2)")
  }
}

private struct Lossy: Codable, Sendable {
  var kept = 1
  var lost = 2

  private enum CodingKeys: CodingKey { case kept }
}

private struct Flagged: Codable, Sendable, PlainMemory {
  var isFlagged = false
}
