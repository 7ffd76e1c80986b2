import Foundation
import SeppoMPI
import Testing

@Suite struct ResultShapeTests {
  @Test func structsByTheirProperties() {
    let fit = Fit(amplitude: 1, peak: Peak(place: 2, width: nil), name: "a", spectrum: [1], range: (low: 1, high: 2))
    #expect(
      ResultShape.describe(fit) == """
        Fit { amplitude: Double, peak: Peak { place: Double, width: Optional<Double> }, name: String, \
        spectrum: Array<Double>, range: (low: Double, high: Double) { low: Double, high: Double }, \
        best: Optional<Peak>, all: Array<Peak>, byName: Dictionary<String, Peak>, chosen: Set<Int> }
        """)
    #expect(ResultShape.describe(Empty()) == "Empty { }")
    #expect(ResultShape.describe((1, "x", Peak(place: 1, width: 2))).hasPrefix("(Int, String, Peak) { "))
  }

  @Test func namesOfAllElse() {
    #expect(ResultShape.describe(1.5) == "Double")
    #expect(ResultShape.describe("text") == "String")
    #expect(ResultShape.describe([Peak(place: 1, width: nil)]) == "Array<Peak>")
    #expect(ResultShape.describe(Peak?.none as Any) == "Optional<Peak>")
    #expect(ResultShape.describe(["a": [1]]) == "Dictionary<String, Array<Int>>")
    #expect(ResultShape.describe(SIMD3<Float>(1, 2, 3)) == "SIMD3<Float>")
    #expect(ResultShape.describe(Fate.found(Peak(place: 1, width: 2))) == "Fate")
    #expect(ResultShape.describe(Result<Int, GivenUp>.success(1)) == "Result<Int, GivenUp>")
    #expect(ResultShape.describe(0..<5) == "Range<Int>")
    #expect(ResultShape.describe(Data([1])) == "Data")
    #expect(ResultShape.describe(Decimal(1)) == ResultShape.describe(Decimal.nan))
    #expect(ResultShape.describe(Mirrored(hidden: 1)) == "Mirrored")
    #expect(ResultShape.describe(Holder(value: Mirrored(hidden: 1))) == "Holder<Mirrored> { value: Mirrored }")
  }

  @Test func noValueMakesADifference() {
    func expectSame<T>(_ values: [T], sourceLocation: SourceLocation = #_sourceLocation) {
      let texts = Set(values.map { ResultShape.describe($0) })
      #expect(texts.count == 1, sourceLocation: sourceLocation)
      let held = Set(values.map { ResultShape.describe(Holder(value: $0)) })
      #expect(held.count == 1, sourceLocation: sourceLocation)
      let optional = Set((values.map(Optional.some) + [nil]).map { ResultShape.describe(Holder(value: $0)) })
      #expect(optional.count == 1, sourceLocation: sourceLocation)
      #expect(Set(([values, [], values + values]).map { ResultShape.describe($0) }).count == 1)
    }
    expectSame([Peak(place: 1, width: 2), Peak(place: 2, width: nil)])
    expectSame([Fate.lost, .found(Peak(place: 1, width: nil)), .tried(times: 3, "x")])
    expectSame([1, "text", Peak(place: 1, width: 1), Sub()] as [any Sendable])
    expectSame([1, Peak(place: 1, width: nil)] as [any Codable])
    expectSame([Super(), Sub()])
    expectSame([Super(), Peak(place: 1, width: 1)] as [Any])
    expectSame([Super(), Sub()] as [AnyObject])
    expectSame([URL(string: "http://a.b"), URL(string: "c", relativeTo: URL(string: "http://a.b")), nil])
    expectSame([Decimal(1), Decimal.nan])
    expectSame([UUID(), UUID()])
    expectSame([Date(), .distantPast])
    expectSame([Locale(identifier: "de"), Locale(identifier: "")])
    expectSame([Calendar(identifier: .gregorian), Calendar(identifier: .iso8601)])
    expectSame([TimeZone(identifier: "UTC"), TimeZone(secondsFromGMT: 60)])
    expectSame([DateComponents(), DateComponents(year: 1)])
    expectSame([IndexSet(), IndexSet([1, 5])])
    expectSame([IndexPath(), IndexPath(indexes: [1, 2, 3])])
    expectSame([CharacterSet(), CharacterSet.letters])
    expectSame([Character("a"), "👩‍👧"])
    expectSame([AnyHashable(1), AnyHashable("x")])
    expectSame([Recursive.leaf, .branch([.leaf], Peak(place: 1, width: nil))])
    expectSame([Linked(next: nil), Linked(next: Linked(next: nil))])
  }

  @Test func classesAndWhatTheyInherit() {
    #expect(
      ResultShape.describe(Sub())
        == "Sub { name: String, peak: Peak { place: Double, width: Optional<Double> } }")
    #expect(ResultShape.describe(Sub() as Super) == "Super { name: String }")
    #expect(ResultShape.describe(Holder<Super>(value: Sub())) == "Holder<Super> { value: Super { name: String } }")
    // Not `Super`'s properties: a `Sub` may stand there in the next value.
    #expect(ResultShape.describe(Holder<any Sendable>(value: Peak(place: 1, width: 1))).hasSuffix("{ value: Any }"))
  }

  @Test func objectsThatHoldThemselves() {
    let knot = Ring()
    #expect(
      ResultShape.describe(knot)
        == "Ring { next: Optional<Ring>, peak: Peak { place: Double, width: Optional<Double> } }")
    knot.next = nil
  }

  @Test func memoryBySizeToo() {
    #expect(
      ResultShape.describe(Plain(wide: 1, narrow: 2))
        == "Plain { wide: Double, narrow: Int8 } of 9 bytes, stride 16")
  }

  @Test func changesAreSeen() {
    #expect(ResultShape.describe(One.Same(value: 1)) != ResultShape.describe(Two.Same(value: 1)))
    #expect(ResultShape.describe(One.Same(value: 1)) != ResultShape.describe(Three.Same(other: 1)))
    #expect(
      ResultShape.describe(Holder(value: One.Inside(same: .init(value: 1))))
        != ResultShape.describe(Holder(value: Two.Inside(same: .init(value: 1)))))
  }

  @Test func anEndToAllText() {
    let value = Deep(Deep(Deep(Deep(Peak(place: 1, width: 1)))))
    let text = ResultShape.describe(value)
    #expect(text.utf8.count < 40_000)
    #expect(text.hasPrefix("Deep<"))
  }
}

private struct Fit {
  var amplitude: Double
  var peak: Peak
  var name: String
  var spectrum: [Double]
  var range: (low: Double, high: Double)
  var best: Peak?
  var all: [Peak] = []
  var byName: [String: Peak] = [:]
  var chosen: Set<Int> = []
  static let unit = "no stored property"
  var computed: Int { 0 }
}

private struct Peak: Codable, Sendable {
  var place: Double
  var width: Double?
}

private struct Empty {}
private struct GivenUp: Error {}

private enum Fate {
  case lost
  case found(Peak)
  case tried(times: Int, String)
}

private indirect enum Recursive {
  case leaf
  case branch([Recursive], Peak)
}

private struct Mirrored: CustomReflectable {
  var hidden: Int
  var customMirror: Mirror { Mirror(self, children: ["value \(hidden)": hidden], displayStyle: .struct) }
}

private struct Holder<T> { var value: T }

/// Eight fields, each as large as the whole: what it looks like grows eightfold with each level.
private struct Deep<T> {
  var a: T
  var b: T
  var c: T
  var d: T
  var e: T
  var f: T
  var g: T
  var h: T
  init(_ value: T) { (a, b, c, d, e, f, g, h) = (value, value, value, value, value, value, value, value) }
}

// Never shared.
private class Super: @unchecked Sendable { var name = "" }
private final class Sub: Super, @unchecked Sendable { var peak = Peak(place: 1, width: nil) }

private final class Linked {
  var next: Linked?
  init(next: Linked?) { self.next = next }
}

private final class Ring {
  var next: Ring!
  let peak = Peak(place: 1, width: nil)
  init() { next = self }
}

private struct Plain: Codable, PlainMemory {
  var wide: Double
  var narrow: Int8
}

private enum One {
  struct Same { var value: Int }
  struct Inside { var same: Same }
}
private enum Two {
  struct Same { var value: Double }
  struct Inside { var same: Same }
}
private enum Three {
  struct Same { var other: Int }
}
