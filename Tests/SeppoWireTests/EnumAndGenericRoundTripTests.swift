import SeppoWire
import Testing

@Suite struct EnumAndGenericRoundTripTests {
  @Test func payloads() {
    expectIdentity([
      Shape.point, .circle(radius: -0.0), .polygon([1, 2], closed: true), .named("", nil), .named("x", .point),
      .tuple(1, "b", nil), .tuple(-1, "\0", .some(nil)),
    ])
  }

  @Test func recursion() {
    var chain = Chain.end
    for value in 0..<50 { chain = .link(value, chain) }
    expectIdentity([chain, .end])
    expectIdentity([Tree2(1, [Tree2(2, []), Tree2(3, [Tree2(4, [])])])])
    expectIdentity([Expression.add(.number(1), .multiply(.variable("x"), .number(.max)))])
  }

  @Test func rawValues() {
    expectIdentity(Suit.allCases)
    expectIdentity(Level.allCases)
    expectIdentity([Flags(), [.a], [.a, .c], Flags(rawValue: .max)])
    expectIdentity([[Suit.clubs: Level.high]])
    expectIdentity([[Suit.clubs], Suit.allCases])
  }

  @Test func generics() {
    expectIdentity([Either<Int, String>.left(1), .right("r")])
    expectIdentity([Either<Int?, [String?]>.left(nil), .right([nil])])
    expectIdentity([Pair(1, Pair("a", Pair(nil as Int?, [1.5])))])
    expectIdentity([Outcome<Double, Failure>.success(1), .failure(.timeout(seconds: 3)), .failure(.other)])
  }

  @Test func standardLibraryTypes() {
    expectIdentity([Set([1, 2, 3]), []])
    expectIdentity([Set(["a", "\0", ""])])
    expectIdentity([ContiguousArray([1.0, -0.0]), []])
    expectIdentity([ContiguousArray([Optional("a"), nil])])
    expectIdentity([0..<5, -3..<(-3)])
    expectIdentity([0.5...1.5])
    expectIdentity([(1...).lowerBound])
    expectIdentity([Duration.seconds(5), .nanoseconds(-7), .zero])
    expectIdentity([[[1.0, 2.0], [], [3.0]], []])
    expectIdentity([[["a", ""], [], ["\u{301}"]], []])
    expectIdentity([[[[Int8(1)], []], []]])
    expectIdentity([[1, 2, 3].difference(from: [1, 3, 4])])
    expectIdentity([SIMDMask<SIMD4<Int32>>(repeating: true)])
    expectIdentity([[1: [true: [1.5]]]])
  }

  @Test func partialRanges() throws {
    #expect(try roundTrip(One(value: 5...)).value.lowerBound == 5)
    #expect(try roundTrip(One(value: ...5)).value.upperBound == 5)
    #expect(try roundTrip(One(value: ..<5)).value.upperBound == 5)
  }

  @Test func dictionaries() {
    expectIdentity([["": 1, "\0": 2, "é": 3, "👩‍👩‍👧": 4, String(repeating: "k", count: 300): 5], [:]])
    expectIdentity([[Int.min: "a", 0: "b", Int.max: "c"], [:]])
    expectIdentity([[Suit.clubs: 1, .hearts: 2], [:]])
    expectIdentity([[Level.low: nil, .high: 2]] as [[Level: Int?]])
    expectIdentity([[Single(nil): 1, Single(3): 2]])
    expectIdentity([[Pair(1, "a"): [1: [2: 3]]]])
    expectIdentity([[nil: 1, 5: 2]] as [[Int?: Int]])
    expectIdentity([[Bits2(1.5): 1], [Bits2(-0.0): 2]])
    expectIdentity([[Int128.max: 1, .min: 2]])
    expectIdentity([Dictionary(uniqueKeysWithValues: (0..<1_000).map { ("key \($0)", $0) })])
    expectIdentity([Dictionary(uniqueKeysWithValues: (0..<1_000).map { ($0, ["\($0)": $0]) })])
  }

  @Test func strings() {
    let long = String(repeating: "äöü𝄞\0", count: 5_000)
    expectIdentity(["", "\0", "\0\0a\0", "é", "e\u{301}", "👨‍👩‍👧‍👦", "\u{FFFF}\u{10FFFF}", "\r\n", long])
    for (value, back) in [("é", "e\u{301}")] {
      // Equal strings with different Unicode scalars, which must be kept.
      #expect((try? roundTrip(One(value: value)).value.unicodeScalars.count) == 1)
      #expect((try? roundTrip(One(value: back)).value.unicodeScalars.count) == 2)
    }
    let substring = String("--αβγ--".dropFirst(2).dropLast(2))
    expectIdentity([substring])
  }
}

enum Shape: Codable, Equatable {
  case point
  case circle(radius: Double)
  case polygon([Double], closed: Bool)
  indirect case named(String, Shape?)
  case tuple(Int, String, Int??)
}

indirect enum Chain: Codable, Equatable {
  case end
  case link(Int, Chain)
}

indirect enum Expression: Codable, Equatable {
  case number(UInt64)
  case variable(String)
  case add(Expression, Expression)
  case multiply(Expression, Expression)
}

final class Tree2: Codable, Equatable {
  let value: Int
  let children: [Tree2]
  init(_ value: Int, _ children: [Tree2]) {
    self.value = value
    self.children = children
  }
  static func == (a: Tree2, b: Tree2) -> Bool { a.value == b.value && a.children == b.children }
}

enum Suit: String, Codable, CaseIterable {
  case clubs
  case hearts = ""
  case spades = "\0♠"
}
enum Level: Int, Codable, CaseIterable {
  case low = -5
  case high = 1_000_000
}

struct Flags: OptionSet, Codable {
  var rawValue: UInt32
  static let a = Flags(rawValue: 1)
  static let c = Flags(rawValue: 4)
}

enum Either<A: Codable & Equatable, B: Codable & Equatable>: Codable, Equatable {
  case left(A)
  case right(B)
}

struct Pair<A: Codable & Equatable, B: Codable & Equatable>: Codable, Equatable {
  var first: A
  var second: B
  init(_ first: A, _ second: B) {
    self.first = first
    self.second = second
  }
}
extension Pair: Hashable where A: Hashable, B: Hashable {}

enum Failure: Error, Codable, Equatable {
  case timeout(seconds: Int)
  case other
}
enum Outcome<S: Codable & Equatable, F: Error & Codable & Equatable>: Codable, Equatable {
  case success(S)
  case failure(F)
}

struct Bits2: Codable, Hashable {
  var pattern: UInt64
  init(_ value: Double) { pattern = value.bitPattern }
}
