import Foundation
import SeppoMPI
import Testing

@Suite("The description of a result type")
struct ResultShapeTests {
  @Test("A struct is described by its properties and their types, through every container")
  func structs() {
    #expect(
      ResultShape.describe([Fit].self) == """
        Array<Fit>
        Fit
          amplitude: Double
          peak: Peak
          range: (low: Double, high: Tail)
          best: Optional<Peak>
          byName: Dictionary<String, Array<Line>>
          chosen: Set<Mark>
        Peak
          place: Double
          width: Optional<Double>
        Tail
          length: Int
        Mark
          number: Int
        Line
          wave: Float
        """)
    #expect(ResultShape.describe(Empty.self) == "Empty\nEmpty")
  }

  @Test("An enum is described by its cases, payloads and raw values")
  func enums() {
    #expect(
      ResultShape.describe([String: Detection].self) == """
        Dictionary<String, Detection>
        Detection
          found(peak: Peak)
          tried(times: Int, String)
          plain(Double)
          lost
        Peak
          place: Double
          width: Optional<Double>
        """)
    #expect(ResultShape.describe(Color.self) == "Color\nColor: String\n  red = r\n  blue = blue")
    #expect(ResultShape.describe(Level.self) == "Level\nLevel: Int\n  low = 3\n  high = 4")
    #expect(ResultShape.describe(Only.self) == "Only\nOnly: Int\n  one = 0")
  }

  @Test("Coding keys are listed if they differ from the names")
  func codedNames() {
    #expect(
      ResultShape.describe(Renamed.self) == """
        Renamed
        Renamed
          mass: Double
          cache: Array<Double>
          coded as mass = m
        """)
    #expect(
      ResultShape.describe(RenamedCases.self) == """
        RenamedCases
        RenamedCases
          found(peak: Double, Int)
          lost
          coded as found = f, lost = lost
          coded under f as _1 = _1, peak = p
        """)
    #expect(ResultShape.describe(ByAnyKey.self).hasSuffix("  coded as names of its own"))
  }

  @Test("The description of a recursive type is finite")
  func recursive() {
    #expect(
      ResultShape.describe(Tree.self) == """
        Tree
        Tree
          branch(Array<Tree>, Peak)
          leaf
        Peak
          place: Double
          width: Optional<Double>
        """)
    #expect(ResultShape.describe(Linked.self) == "Linked\nLinked\n  next: Optional<Linked>")
    let ever = ResultShape.describe(EverLarger<Int>.self)
    #expect(ever.utf8.count < 100_000 && ever.hasPrefix("EverLarger<Int>\n"))
  }

  @Test("Classes are described with their superclasses")
  func classes() {
    #expect(
      ResultShape.describe([Sub].self) == """
        Array<Sub>
        Sub: Super
          peak: Peak
        Super
          name: String
        Peak
          place: Double
          width: Optional<Double>
        """)
  }

  @Test("Plain memory is described with its size and with structs inside it that aren't Codable")
  func memory() {
    #expect(
      ResultShape.describe([Plain].self) == """
        Array<Plain>
        Plain
          wide: Double
          inner: Uncoded
          narrow: Int8
          memory of \(MemoryLayout<Plain>.size) bytes, stride \(MemoryLayout<Plain>.stride)
        Uncoded
          pair: (Float, Float)
          vector: SIMD2<Float>
        """)
  }

  @Test(
    "Generic types and property wrappers are described; types of the standard library and Foundation are only named")
  func others() {
    #expect(
      ResultShape.describe(Wrapped<Peak>.self) == """
        Wrapped<Peak>
        Wrapped<Peak>
          _value: Limited<Peak>
          inner: Array<Wrapped<Peak>.Inner>
          coded as inner = inner, value = value
        Peak
          place: Double
          width: Optional<Double>
        Limited<Peak>
          wrappedValue: Peak
        Wrapped<Peak>.Inner
          of: Peak
        """)
    for type: Any.Type in [
      Double.self, Bool.self, String.self, SIMD3<Float>.self, Data.self, Date.self, URL.self, UUID.self, Decimal.self,
      Range<Int>.self, [[Int]?].self, IndexSet.self, Locale.self, Calendar.self, TimeZone.self, DateComponents.self,
      Duration.self, Int128.self, CollectionDifference<Int>.self, Measurement<UnitLength>.self,
    ] {
      let text = ResultShape.describe(type)
      #expect(!text.contains("\n") && !text.contains("."), "\(text)")
    }
    #expect(ResultShape.describe(Range<Wave>.self) == "Range<Wave>\nWave\n  length: Int")
  }

  @Test("Names are the same in every process")
  func names() {
    struct Local: Codable {
      var inner: [Inner]
      struct Inner: Codable { var detection: Detection? }
    }
    let text = ResultShape.describe([Local?].self)
    #expect(
      text.hasPrefix(
        "Array<Optional<ResultShapeTests.Local>>\nResultShapeTests.Local\n  inner: Array<ResultShapeTests.Local.Inner>\nResultShapeTests.Local.Inner\n  detection: Optional<Detection>\n"
      ))
    #expect(!text.contains("$") && !text.contains("SeppoMPITests"), "\(text)")
    #expect(
      ResultShape.describe([Int].Extending.self)
        == "Array<Int>.Extending\nArray<Int>.Extending\n  peak: Peak\nPeak\n  place: Double\n  width: Optional<Double>")
  }

  @Test("A private type is described with its nested types")
  func privateTypes() {
    #expect(ResultShape.describe(Shell.self) == "Shell\nShell\n  core: Shell.Core\nShell.Core\n  x: Int")
  }

  @Test("Parameter packs, integer arguments and weak references are described")
  func rareTypes() {
    #expect(ResultShape.describe(Several<Mark, Tail, Line>.self).contains("  values: (Tail, Line)\n"))
    #expect(
      ResultShape.describe(Inline.self).hasSuffix(
        "Inline\n  values: InlineArray<3, Uncoded>\n  memory of 48 bytes, stride 48\nUncoded\n  pair: (Float, Float)\n  vector: SIMD2<Float>"
      ))
    #expect(
      ResultShape.describe(Node<Tail>.self)
        == "Node<Tail>\nNode<Tail>\n  up: Optional<Node<Tail>>\n  value: Optional<Tail>\n  coded as value = value\nTail\n  length: Int"
    )
  }

  @Test("A custom init(from:) gets no unexpected value")
  func ownDecoding() {
    let text = ResultShape.describe([Demanding].self)
    #expect(text == "Array<Demanding>\nDemanding\n  values: Array<Int>\n  kind: Int\n  coded as values = v")
    #expect(ResultShape.describe(Unkeyed.self) == "Unkeyed\nUnkeyed\n  x: Double")
    #expect(ResultShape.describe(Patient.self) == "Patient\nPatient\n  values: Array<Int>")
  }
}

private struct Fit: Codable {
  var amplitude: Double
  var peak: Peak
  var range: (low: Double, high: Tail) = (0, Tail(length: 1))
  var best: Peak?
  var byName: [String: [Line]] = [:]
  var chosen: Set<Mark> = []
  static let unit = "no stored property"
  var computed: Int { 0 }
  enum CodingKeys: CodingKey { case amplitude, peak, range, best, byName, chosen }
  init(from decoder: any Decoder) throws { throw CocoaError(.featureUnsupported) }
  func encode(to encoder: any Encoder) throws {}
}

private struct Peak: Codable, Sendable {
  var place: Double
  var width: Double?
}

private struct Tail: Codable { var length: Int }
private struct Line: Codable { var wave: Float }
private struct Mark: Codable, Hashable { var number: Int }
private struct Empty: Codable {}
private struct Holder<T: Codable>: Codable { var value: T }

private enum Detection: Codable {
  case lost
  case found(peak: Peak)
  case tried(times: Int, String)
  case plain(Double)
}

private enum Color: String, Codable {
  case red = "r"
  case blue
}
private enum Level: Int, Codable {
  case low = 3
  case high
}
private enum Only: Int, Codable { case one }

private struct Renamed: Codable {
  var mass: Double
  var cache: [Double] = []
  enum CodingKeys: String, CodingKey { case mass = "m" }
}

private enum RenamedCases: Codable {
  case lost
  case found(peak: Double, Int)
  enum CodingKeys: String, CodingKey {
    case lost
    case found = "f"
  }
  enum FoundCodingKeys: String, CodingKey {
    case peak = "p"
    case _1
  }
}

private struct ByAnyKey: Codable {
  var number: Int
  struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    number = container.allKeys.count
  }
  func encode(to encoder: any Encoder) throws {}
}

private indirect enum Tree: Codable {
  case leaf
  case branch([Tree], Peak)
}

private final class Linked: Codable { var next: Linked? }
private final class EverLarger<T>: Codable { var next: EverLarger<[T]>? }

private class Super: Codable { var name = "" }
private final class Sub: Super {
  var peak = Peak(place: 1, width: nil)
  enum CodingKeys: CodingKey { case peak }
  required init(from decoder: any Decoder) throws {
    peak = try decoder.container(keyedBy: CodingKeys.self).decode(Peak.self, forKey: .peak)
    try super.init(from: decoder)
  }
}

private struct Uncoded: BitwiseCopyable {
  var pair: (Float, Float)
  var vector: SIMD2<Float>
}

private struct Inline: Codable, PlainMemory {
  var values: [3 of Uncoded]
  init(from decoder: any Decoder) throws { fatalError("it is sent as memory") }
  func encode(to encoder: any Encoder) throws {}
}

private struct Shell: Codable {
  struct Core: Codable { var x: Int }
  var core: Core
}

private struct Several<First: Codable, each Value: Codable>: Codable {
  var first: First?
  var values: (repeat each Value)
  init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    values = (repeat try container.decode((each Value).self))
  }
  func encode(to encoder: any Encoder) throws {}
}

private final class Node<Value: Codable>: Codable {
  weak var up: Node<Value>?
  var value: Value?
  enum CodingKeys: CodingKey { case value }
}

private struct Plain: Codable, PlainMemory {
  var wide: Double
  var inner: Uncoded
  var narrow: Int8
  init(from decoder: any Decoder) throws { fatalError("it is sent as memory") }
  func encode(to encoder: any Encoder) throws {}
}

@propertyWrapper private struct Limited<Value: Codable>: Codable { var wrappedValue: Value }
private struct Wrapped<Value: Codable>: Codable {
  struct Inner: Codable { var of: Value }
  @Limited var value: Value
  var inner: [Inner]
}
private struct Wave: Codable, Comparable {
  var length: Int
  static func < (one: Wave, other: Wave) -> Bool { one.length < other.length }
}

extension Array {
  fileprivate struct Extending: Codable { var peak: Peak }
}

/// Traps if it decodes values that it has never encoded.
private struct Demanding: Codable {
  var values: [Int]
  var kind: Int
  enum CodingKeys: String, CodingKey { case values = "v" }
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    values = try container.decode([Int].self, forKey: .values)
    kind = values[41]
  }
}

private struct Unkeyed: Codable {
  var x: Double
  init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    while !container.isAtEnd { _ = try? container.decode(Double.self) }
    x = 0
  }
  func encode(to encoder: any Encoder) throws {}
}

/// Ignores decoding errors.
private struct Patient: Codable {
  var values: [Int]
  init(from decoder: any Decoder) {
    values = (try? decoder.singleValueContainer().decode([Int].self)) ?? []
  }
}
