import Foundation
import SeppoWire
import Testing

@Suite struct CanonicalTests {
  @Test func bytesDoNotDependOnIterationOrder() throws {
    let numbers = Array(0..<1_000)
    let names = numbers.map { "name \($0)" }
    let plain = Set(names)
    let other = rebuilt(plain)
    // Otherwise this tests nothing.
    #expect(Array(plain) != Array(other))
    try expectSame(plain, other)
    let byName = Dictionary(uniqueKeysWithValues: zip(names, numbers))
    #expect(byName.map(\.key) != rebuilt(byName).map(\.key))
    try expectSame(byName, rebuilt(byName))
    let byNumber = Dictionary(uniqueKeysWithValues: zip(numbers, names))
    #expect(byNumber.map(\.key) != rebuilt(byNumber).map(\.key))
    try expectSame(byNumber, rebuilt(byNumber))
  }

  @Test func nestedSetsAndDictionariesDoNotDependOnIterationOrder() throws {
    let set = Set(0..<300)
    let sets = Set((0..<40).map { Set($0..<($0 + 40)) })
    let dictionary = Dictionary(uniqueKeysWithValues: (0..<300).map { ($0, Set([$0, -$0])) })
    let others = Set(rebuilt(sets).map { rebuilt($0) })
    let another = rebuilt(dictionary.mapValues { rebuilt($0) })
    func holders(_ set: Set<Int>, _ sets: Set<Set<Int>>, _ dictionary: [Int: Set<Int>]) throws -> [[UInt8]] {
      [
        try canonical(One(value: set)), try canonical(One<Set<Int>?>(value: set)), try canonical([[set]]),
        try canonical(sets), try canonical([sets: dictionary]), try canonical(Framed(dictionary)),
        try canonical(["a": dictionary]), try canonical(Either<Set<Int>, Int>.left(set)), try canonical(SetInside(set)),
        try canonical(.some(set) as Set<Int>??),
      ]
    }
    #expect(try holders(set, sets, dictionary) == holders(rebuilt(set), others, another))
  }

  /// The two processes have different hash seeds, and so different iteration orders.
  @Test func bytesAreTheSameInEveryProcess() async throws {
    let child = try #require(
      await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
        let report = try Report()
        print("<<<\(report.order)|\(report.digest)>>>")
      })
    let output = String(decoding: child.standardOutputContent, as: UTF8.self)
    let printed = try #require(output.components(separatedBy: "<<<").last?.components(separatedBy: ">>>").first)
    let fields = printed.split(separator: "|")
    try #require(fields.count == 2)
    let report = try Report()
    #expect(fields[0] != report.order)
    #expect(fields[1] == report.digest)
  }

  @Test func bytesAreTheSameAfterARoundTrip() throws {
    for seed in 0..<1_000 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let tree = RandomTree.random(depth: 5, &generator)
      let bytes = try canonical(tree)
      #expect(try bytes == canonical(tree), "seed \(seed)")
      #expect(try bytes == canonical(roundTrip(One(value: tree)).value), "seed \(seed)")
    }
  }

  @Test func differentValuesHaveDifferentBytes() throws {
    var known: [(bytes: [UInt8], tree: RandomTree)] = []
    for seed in 0..<2_000 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let tree = RandomTree.random(depth: 3, &generator)
      known.append((try canonical(tree), tree))
    }
    known.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    for (first, second) in zip(known, known.dropFirst()) {
      if first.bytes == second.bytes {
        #expect(first.tree == second.tree)
      } else {
        // Values are self-delimiting, so no value's bytes are a prefix of another's. In sorted order, checking
        // neighbours is enough.
        #expect(!second.bytes.starts(with: first.bytes), "\(first.tree) \(second.tree)")
      }
    }
  }

  @Test func similarValuesHaveDifferentBytes() throws {
    try expectAllDifferent([
      canonical(1), canonical(1.0), canonical(Float(1)), canonical(Float16(1)), canonical(true), canonical("1"),
      canonical(1 as Int?), canonical(1 as Int??), canonical(nil as Int?), canonical(.some(nil) as Int??),
      canonical(.some(.some(nil)) as Int???), canonical([1]), canonical([1.0]), canonical([1] as Set),
      canonical([1: 1]),
      canonical([[1]]), canonical(One(value: 1)), canonical(Nothing()), canonical([Int]()), canonical([String]()),
      canonical(0.0), canonical(-0.0), canonical(Double.nan), canonical(-Double.nan), canonical(Double.signalingNaN),
      canonical(Double(nan: 5, signaling: false)), canonical(""), canonical(Data()), canonical("\u{E9}"),
      canonical("e\u{301}"), canonical(UInt64.max), canonical(Int128.max), canonical(UInt128.max), canonical(-1),
    ])
    try expectAllDifferent([
      canonical(["a", "bc"]), canonical(["ab", "c"]), canonical(["abc"]), canonical(["abc", ""]),
      canonical(["", "abc"]),
    ])
    try expectAllDifferent([
      canonical([[1, 2], [3]]), canonical([[1], [2, 3]]), canonical([[1, 2, 3]]), canonical([[1, 2, 3], []]),
    ])
    try expectAllDifferent([
      canonical(["a": nil, "b": 1] as [String: Int?]), canonical(["b": 1] as [String: Int?]),
      canonical(["a": 1, "b": nil] as [String: Int?]), canonical(["ab": 1] as [String: Int?]),
    ])
    // An optional whose `encode(to:)` is called directly.
    try expectAllDifferent([
      canonical(Delegating(value: nil as Int??)), canonical(Delegating(value: .some(nil) as Int??)),
      canonical(Delegating(value: 0 as Int??)),
    ])
    try expectAllDifferent([canonical(Pair(1, 2)), canonical(Pair(2, 1)), canonical(Pair([1], [2, 3]))])
    try expectAllDifferent([
      canonical(DuplicateKey(first: 1, second: 2)), canonical(DuplicateKey(first: 2, second: 1)),
      canonical(DuplicateKey(first: 2, second: 2)),
    ])
  }

  @Test func orderOfKeysMakesNoDifference() throws {
    let names = ["b", "", "a", "\0", "é", "e\u{301}", "aa", "ab"]
    let values = names.enumerated().map { ($1, $0) }
    #expect(try canonical(InOrder(values)) == canonical(InOrder(values.reversed())))
    #expect(try canonical(InOrder(values, nested: true)) == canonical(InOrder(values.reversed(), nested: true)))
    #expect(try canonical(InOrder(values)) != canonical(InOrder(values, nested: true)))
  }

  /// Padding between fields, and after the third lane of a vector, contains arbitrary bytes.
  @Test func paddingIsNotWritten() throws {
    func padded<T: Encodable & BitwiseCopyable>(_ value: T, with byte: UInt8) throws -> [[UInt8]] {
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * MemoryLayout<T>.stride, alignment: 16)
      defer { memory.deallocate() }
      let values = memory.bindMemory(to: T.self)
      values.initialize(repeating: value)
      let field = MemoryLayout<T>.size == 32 ? 24..<32 : MemoryLayout<T>.size..<MemoryLayout<T>.stride
      for offset in field { memory[offset] = byte }
      return [try canonical(Array(values)), try canonical(values[0]), try canonical(One(value: values[0]))]
    }
    #expect(try padded(SIMD3<Double>(1, 2, 3), with: 0) == padded(SIMD3<Double>(1, 2, 3), with: 255))
    #expect(try padded(Odd(wide: 1, narrow: 2), with: 0) == padded(Odd(wide: 1, narrow: 2), with: 255))
    // A copy may lose its padding, so also check that the struct is encoded field by field.
    #expect(try canonical([Odd(wide: 1, narrow: 2)]) == canonical([OddByFields(wide: 1, narrow: 2)]))
    try expectAllDifferent([
      canonical(SIMD3<Double>(1, 2, 3)), canonical(SIMD3<Double>(1, 2, 4)), canonical(SIMD3<Float>(1, 2, 3)),
      canonical(SIMD2<Double>(1, 2)), canonical(Odd(wide: 1, narrow: 2)), canonical(Odd(wide: 1, narrow: 3)),
    ])
  }

  @Test func classesAndInterleavedContainers() throws {
    try expectAllDifferent([
      canonical(SameEncoderChild(name: "n", age: 3)), canonical(SameEncoderChild(name: "n", age: 4)),
      canonical(SameEncoderChild(name: "m", age: 3)), canonical(SuperEncoderGrandchild(name: "n", age: 3, extra: [1])),
      canonical(SuperEncoderGrandchild(name: "n", age: 3, extra: [2])),
      canonical(SuperEncoderGrandchild(name: "m", age: 3, extra: [2])),
    ])
    try expectAllDifferent((0..<9).map { try canonical(Twins(count: $0)) })
    try expectAllDifferent((0..<9).map { try canonical(Inward(depth: $0)) })
    try expectAllDifferent((0..<50).map { try canonical(Shuffled(seed: $0)) })
  }

  @Test func foundationTypes() throws {
    let base = try #require(URL(string: "https://example.org/a/"))
    let hundredth = try #require(Decimal(string: "0.01"))
    try expectAllDifferent([
      canonical(base), canonical(URL(string: "c", relativeTo: base)), canonical(Data([1, 2])), canonical(Data([1, 3])),
      canonical(Date(timeIntervalSince1970: 1)), canonical(Date(timeIntervalSince1970: 1 + 1e-6)),
      canonical(hundredth), canonical(hundredth * 2), canonical(UUID()), canonical(UUID()),
    ])
    #expect(try canonical(hundredth * 100 - 1) == canonical(Decimal(0)))
    // The indices of a slice are not part of its value.
    #expect(try canonical(Data([0, 1, 2])[1...]) == canonical(Data([1, 2])))
  }

  @Test func errorsPassThrough() throws {
    var bytes: [UInt8] = [7]
    #expect(throws: Interrupted.self) { try Canonical.write([One(value: AlwaysThrowing())], to: &bytes) }
    #expect(bytes == [7])
    for kind in [Misuse.Kind.twoSingles, .singleThenKeyed, .keyedThenUnkeyed, .keyedThenSingle] {
      #expect(throws: EncodingError.self) { try Canonical.write(["a": Misuse(kind: kind)], to: &bytes) }
    }
    let writer = CanonicalWriter()
    try writer.write(1)
    #expect(throws: Interrupted.self) { try writer.write([[1: AlwaysThrowing()]]) }
    try writer.write(2)
    let written = writer.withUnsafeBytes { [UInt8]($0) }
    #expect(try written == canonical(1) + canonical(2))
    #expect(written.count == writer.count)
  }

  @Test func errorsHaveACodingPath() throws {
    let error = try #require(throws: EncodingError.self) {
      try canonical(One(value: ["a": [One(value: Misuse(kind: .twoSingles))]]))
    }
    guard case .invalidValue(_, let context) = error else { return }
    #expect(context.codingPath.map(\.stringValue) == ["value", "Index 0", "value"])
  }

  @Test(arguments: Swallowing.Place.allCases) func failedValuesLeaveNoBytes(_ place: Swallowing.Place) throws {
    for interleaved in [false, true] {
      var known: [[UInt8]] = []
      for failing in Swallowing.Failing.allCases where failing.rawValue != place.rawValue {
        let bytes = try canonical(Swallowing(place: place, failing: failing, interleaved: interleaved))
        // The bytes differ only in the encoded name of the failure.
        let name = try canonical(failing.rawValue)
        known.append(bytes.split(separator: name, omittingEmptySubsequences: false).flatMap { $0 })
      }
      #expect(Set(known).count == 1)
    }
  }

  @Test func expiredEncodersThrow() throws {
    let keeper = KeptContainers()
    let writer = CanonicalWriter()
    try writer.write(EncoderKeeper(keeper: keeper))
    let before = writer.count
    try writer.write([EncoderKeeper(late: keeper), EncoderKeeper(late: keeper)])
    let after = writer.withUnsafeBytes { [UInt8]($0) }
    #expect(throws: EncodingError.self) { try keeper.keyed?.encode(1, forKey: AnyKey("x")) }
    #expect(throws: EncodingError.self) { try keeper.list?.encode(1) }
    var single = try #require(keeper.encoder?.singleValueContainer())
    #expect(throws: EncodingError.self) { try single.encode(1) }
    var nested = keeper.keyed?.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("y"))
    #expect(throws: EncodingError.self) { try nested?.encode(1, forKey: AnyKey("z")) }
    #expect(writer.withUnsafeBytes { [UInt8]($0) } == after)
    #expect(after.count > before)
  }

  /// Deeper than 800 levels, bytes are replaced by a digest. A change inside still changes the outer bytes.
  @Test func deepNesting() throws {
    try onLargeThread {
      for levels in [399, 400, 401, 5_000] {
        let chain = try onSmallThread(Chain(levels: levels)) { try canonical($0) }
        #expect(chain == (try canonical(Chain(levels: levels))))
        #expect(chain != (try canonical(Chain(levels: levels, around: .link(-1, .end)))))
        #expect(chain.count < 120_000)
      }
      for kind in [Nest.Kind.list, .keyed, .single, .superEncoder] {
        let nest = try onSmallThread(Nest(levels: 300, kind: kind)) { try? canonical($0) }
        // Nested super encoders may need more stack than the small thread has.
        #expect(try nest == canonical(Nest(levels: 300, kind: kind)) || nest == nil && kind == .superEncoder)
        #expect(try canonical(Nest(levels: 300, kind: kind)) != canonical(Nest(levels: 301, kind: kind)))
      }
      let tree = try onSmallThread(Tree(levels: 1_000)) { try canonical($0) }
      #expect(tree == (try canonical(Tree(levels: 1_000))))
      #expect(try onSmallThread(Box(levels: 1_000)) { try canonical($0) } == canonical(Box(levels: 1_000)))
    }
  }

  @Test func cycles() throws {
    let knot = Knot()
    knot.next = knot
    defer { knot.next = nil }
    let nested = NestedKnot()
    nested.next = nested
    defer { nested.next = nil }
    for error in [
      try onSmallThread(knot) { knot in #expect(throws: EncodingError.self) { try canonical(knot) } },
      try onSmallThread(nested) { knot in #expect(throws: EncodingError.self) { try canonical(knot) } },
    ] {
      guard case .invalidValue(_, let context) = error else { continue }
      #expect(context.debugDescription.contains("a cycle of references"))
    }
    // Once one of them has exceeded the depth, the others are not encoded.
    let fingerprints = [nested, nested].withUnsafeBufferPointer { Canonical.fingerprints(of: $0, at: [0, 1]) }
    #expect(fingerprints == [.max, .max])
  }

  /// Existing checkpoints contain digests of these bytes.
  @Test func bytesMatchThoseOfEarlierVersions() throws {
    let value = Stable(
      name: "ä", weights: [1.5, -0.0], sets: [[3, 1], []], byName: ["z": nil, "a": .circle(radius: 2)], optional: 7)
    let text = try canonical(value).map { String($0, radix: 16) }.joined(separator: " ")
    #expect(text == Stable.canonical)
  }
}

/// The canonical bytes of one value.
private func canonical<T: Encodable>(_ value: T) throws -> [UInt8] {
  var bytes: [UInt8] = []
  try Canonical.write(value, to: &bytes)
  return bytes
}

private func expectSame<T: Encodable>(
  _ first: T, _ second: T, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  #expect(try canonical(first) == canonical(second), sourceLocation: sourceLocation)
}

private func expectAllDifferent(_ all: [[UInt8]], sourceLocation: SourceLocation = #_sourceLocation) {
  for (index, bytes) in all.enumerated() {
    for (earlier, other) in all[..<index].enumerated() where other == bytes {
      Issue.record("\(earlier) and \(index) have the same bytes", sourceLocation: sourceLocation)
    }
  }
}

/// Returns the same elements in another iteration order: inserted backwards, with a much larger capacity.
private func rebuilt<T>(_ set: Set<T>) -> Set<T> {
  var other = Set<T>(minimumCapacity: 17 * set.count)
  for element in Array(set).reversed() { other.insert(element) }
  return other
}

private func rebuilt<K, V>(_ dictionary: [K: V]) -> [K: V] {
  var other = [K: V](minimumCapacity: 17 * dictionary.count)
  for (key, value) in Array(dictionary).reversed() { other[key] = value }
  return other
}

/// A process's iteration order and a digest of its canonical bytes.
private struct Report {
  let order: String
  let digest: String

  init() throws {
    order = Set(0..<100).map(String.init).joined(separator: ",")
    let writer = CanonicalWriter()
    try writer.write(Set((0..<1_000).map { "element \($0)" }))
    for seed in 0..<500 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      try writer.write(RandomTree.random(depth: 5, &generator))
    }
    // FNV-1a.
    digest = writer.withUnsafeBytes { bytes in
      let hash = bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
      return "\(bytes.count) bytes, \(String(hash, radix: 16))"
    }
  }
}
