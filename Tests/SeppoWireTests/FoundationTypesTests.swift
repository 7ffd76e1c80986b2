import Foundation
import SeppoWire
import Testing

@Suite struct FoundationTypesTests {
  @Test func dates() {
    expectIdentity([
      Date(timeIntervalSinceReferenceDate: 0.1), .distantPast, .distantFuture, Date(timeIntervalSince1970: -1e-9),
    ])
    expectIdentity([DateInterval(start: .distantPast, duration: 5), DateInterval(start: .distantFuture, duration: 0)])
    expectIdentity([DateComponents(year: 2024, month: 2, day: 30, nanosecond: 7), DateComponents()])
    expectIdentity([TimeZone(identifier: "UTC"), TimeZone(secondsFromGMT: 3_600), nil])
    expectIdentity([Calendar(identifier: .gregorian), Calendar(identifier: .iso8601)])
    expectIdentity([Locale(identifier: "de_DE"), Locale(identifier: "")])
  }

  @Test func urls() throws {
    let base = try #require(URL(string: "https://example.org/a/b/"))
    let relative = try #require(URL(string: "../c?q=1#f", relativeTo: base))
    expectIdentity([base, relative, URL(fileURLWithPath: "/tmp/ä ö"), try #require(URL(string: "x:%00"))])
    let back = try roundTrip(One(value: relative)).value
    #expect(back.baseURL == base && back.relativeString == "../c?q=1#f")
    #expect(back.absoluteString == relative.absoluteString)
    let onRelative = try #require(URL(string: "d", relativeTo: relative))
    #expect(try roundTrip(One(value: onRelative)).value.absoluteString == onRelative.absoluteString)
  }

  @Test func identifiers() {
    expectIdentity([UUID(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255))])
    expectIdentity([[UUID(): 1]])
    expectIdentity([IndexPath(indexes: [1, 2, 3]), IndexPath(), IndexPath(index: .max)])
    expectIdentity([IndexSet([1, 2, 5, 900]), IndexSet()])
    expectIdentity([CharacterSet(charactersIn: "aä𝄞"), CharacterSet.whitespaces])
    expectIdentity([NSRange(location: 3, length: 7), NSRange(location: NSNotFound, length: 0)])
  }

  @Test func decimals() throws {
    let texts = [
      "0", "1", "-1", "0.1", "-123456789.987654321", "12345678901234567890123456789012345678", "1e127", "1e-127",
    ]
    let values = try texts.map { try #require(Decimal(string: $0)) }
    expectIdentity(values + [.greatestFiniteMagnitude, .leastFiniteMagnitude, .leastNonzeroMagnitude, .pi])
    #expect(try roundTrip(One(value: Decimal.nan)).value.isNaN)
    expectIdentity([Dictionary(uniqueKeysWithValues: values.map { ($0, $0) })])
  }

  @Test func geometryAndUnits() {
    expectIdentity([CGFloat(1.5), -0.0])
    expectIdentity([CGPoint(x: 1, y: -2)])
    expectIdentity([CGRect(x: 1, y: 2, width: 3, height: 4)])
    expectIdentity([Measurement(value: 5, unit: UnitLength.kilometers)])
    expectIdentity([PersonNameComponents(givenName: "Ä", familyName: nil)])
  }

  @Test func allTogether() throws {
    expectIdentity([Mixture(), Mixture(isFull: true)])
  }
}

struct Mixture: Codable, Equatable {
  var when: Date?
  var whereTo: [URL?] = []
  var who: UUID?
  var cost: [Decimal] = []
  var raw: Data?
  var wide: [Int128] = []
  var half: Float16?
  var vector: SIMD3<Double>?
  var sets: [String: Set<Int>?] = [:]

  init(isFull: Bool = false) {
    guard isFull else { return }
    when = Date(timeIntervalSince1970: 1e9 / 3)
    whereTo = [URL(string: "a/b", relativeTo: URL(string: "http://x.y/")), nil, URL(string: "mailto:a@b.c")]
    who = UUID(uuid: (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
    cost = [Decimal(string: "-0.000000000000000000000000000000001")!, 7]
    raw = Data([0, 255])
    wide = [.min, .max]
    half = 0.5
    vector = [1, 2, 3]
    sets = ["a": [1, 2], "b": nil, "c": []]
  }
}
