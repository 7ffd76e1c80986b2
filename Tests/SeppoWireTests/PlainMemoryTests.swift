import Foundation
import SeppoWire
import Testing

@Suite struct PlainMemoryTests {
  @Test func typesOfPlainMemory() {
    #expect(Items.areMemory(Double.self) && Items.areMemory(UInt128.self) && Items.areMemory(Float16.self))
    #expect(Items.areMemory(SIMD3<Float>.self) && Items.areMemory(Particle.self) && Items.areMemory(Odd.self))
    #expect(!Items.areMemory(Bool.self) && !Items.areMemory(String.self) && !Items.areMemory([Double].self))
    #expect(!Items.areMemory(Int?.self) && !Items.areMemory(Data.self) && !Items.areMemory(One<Int>.self))
  }

  @Test func vectors() {
    expectIdentity([SIMD2<Int8>(1, -1), .zero])
    expectIdentity([SIMD3<Double>(1, -0.0, .infinity)])
    expectIdentity([SIMD3<Int16>(1, 2, 3)])
    expectIdentity([SIMD4<Float>(repeating: 1.5)])
    expectIdentity([SIMD8<UInt64>(repeating: .max)])
    expectIdentity([SIMD16<Float16>(repeating: 0.5)])
    expectIdentity([SIMD32<UInt8>(repeating: 200)])
    expectIdentity([SIMD64<Int32>(repeating: .min)])
  }

  @Test func structsOfPlainMemory() throws {
    expectIdentity([
      Particle(position: [1, 2, 3], mass: -0.0), Particle(position: .zero, mass: .greatestFiniteMagnitude),
    ])
    expectIdentity([Odd(wide: 1.5, narrow: -1), Odd(wide: -0.0, narrow: 7)])
    expectIdentity([Void0()])
    // Padding is written as zeros. The table with the shape of `One` follows.
    let table = 1 + 1 + 1 + (1 + "value".utf8.count) + 6
    let bytes = try encoded([One(value: Odd(wide: 1.5, narrow: -1))]).dropLast(table)
    #expect(bytes.suffix(8) == [255, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test func arraysAreSentAsMemory() throws {
    let many = (0..<10_000).map { Double($0).squareRoot() }
    let bytes = try encoded([One(value: many)])
    #expect(bytes.count < 8 * many.count + 40)
    let particles = many.map { Particle(position: [$0, -$0, 0], mass: $0) }
    #expect(try encoded(particles).count == MemoryLayout<Particle>.stride * particles.count)
    #expect(try encoded([particles]).count < MemoryLayout<Particle>.stride * particles.count + 40)
    #expect(try roundTrip(particles) == particles)
  }

  /// A program may encode a whole array and decode its elements, or vice versa.
  @Test func arraysAndTheirElementsAreInterchangeable() throws {
    func check<T: Codable & Equatable>(_ values: [T], sourceLocation: SourceLocation = #_sourceLocation) throws {
      #expect(try transcode(values, as: OneByOne<T>.self).values == values, sourceLocation: sourceLocation)
      #expect(try transcode(OneByOne(values), as: [T].self) == values, sourceLocation: sourceLocation)
      #expect(try transcode(OneByOne(values), as: OneByOne<T>.self).values == values, sourceLocation: sourceLocation)
      #expect(
        try transcode(values, as: ContiguousArray<T>.self) == ContiguousArray(values), sourceLocation: sourceLocation)
      #expect(try transcode(ContiguousArray(values), as: [T].self) == values, sourceLocation: sourceLocation)
      #expect(try transcode(values, as: BySuperDecoders<T>.self).values == values, sourceLocation: sourceLocation)
      #expect(try transcode([values, []], as: OneByOne<OneByOne<T>>.self).values.map(\.values) == [values, []])
    }
    for count in [0, 1, 3, 200] {
      try check((0..<count).map { Int8(truncatingIfNeeded: $0 * 7) })
      try check((0..<count).map { Int16(truncatingIfNeeded: $0 * 700) })
      try check((0..<count).map { Int32(truncatingIfNeeded: $0 &* 1 << 20) })
      try check((0..<count).map { $0 &* -1 << 40 })
      try check((0..<count).map { Int128($0) &* -1 << 100 })
      try check((0..<count).map { UInt8(truncatingIfNeeded: $0) })
      try check((0..<count).map { UInt16($0) &* 300 })
      try check((0..<count).map { UInt32($0) &* 1 << 25 })
      try check((0..<count).map { UInt64($0) &* 1 << 60 })
      try check((0..<count).map { UInt128($0) &* 1 << 120 })
      try check((0..<count).map { Float16($0) })
      try check((0..<count).map { Float($0) + 0.5 })
      try check((0..<count).map { Double($0) * -0.5 })
      try check((0..<count).map { SIMD3(Double($0), 1, 2) })
      try check((0..<count).map { SIMD4<UInt8>(UInt8(truncatingIfNeeded: $0), 1, 2, 3) })
      try check((0..<count).map { Particle(position: [Double($0), 1, 2], mass: 1) })
      try check((0..<count).map { Odd(wide: Double($0), narrow: 3) })
      try check((0..<count).map { "\($0)" })
      try check((0..<count).map { $0 % 2 == 0 })
      try check((0..<count).map { Data([UInt8(truncatingIfNeeded: $0)]) })
      try check((0..<count).map { [Double($0)] })
      try check((0..<count).map { $0 % 3 == 0 ? nil : $0 })
    }
  }

  @Test func memoryOfAnotherTypeIsAnError() throws {
    #expect(throws: WireError.self) { try transcode([1.5], as: [Int].self) }
    #expect(throws: WireError.self) { try transcode([1], as: [UInt].self) }
    #expect(throws: WireError.self) { try transcode([Float(1)], as: [Double].self) }
    #expect(throws: WireError.self) { try transcode([SIMD4<Float>.zero], as: [SIMD2<Double>].self) }
    #expect(throws: WireError.self) { try transcode([SIMD4<Float>.zero], as: SIMD2<Double>.self) }
    #expect(throws: WireError.self) { try transcode(Particle(position: .zero, mass: 0), as: Odd.self) }
    #expect(throws: WireError.self) { try transcode([Odd(wide: 1, narrow: 1), Odd(wide: 1, narrow: 1)], as: Odd.self) }
    #expect(throws: WireError.self) { try transcode([Odd](), as: Odd.self) }
    #expect(throws: WireError.self) { try transcode([200], as: OneByOne<Int8>.self) }
    #expect(throws: WireError.self) { try transcode([1.5], as: OneByOne<Int>.self) }
  }

  @Test func dataIsWrittenAsOneBlock() throws {
    let data = Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    #expect(try encoded([data]).count == data.count + 4)
    expectIdentity([data, Data(), data[5..<10], data.dropFirst(99_990)])
    expectIdentity([[Data(), Data([0])], []])
    #expect(throws: WireError.self) { try transcode("text", as: Data.self) }
  }
}

struct Particle: Codable, Equatable, PlainMemory {
  var position: SIMD3<Double>
  var mass: Double
}

/// A size of nine bytes and a stride of sixteen.
struct Odd: Codable, Equatable, PlainMemory {
  var wide: Double
  var narrow: Int8
}

struct Void0: Codable, Equatable, PlainMemory {}

struct OneByOne<T: Codable & Equatable>: Codable, Equatable {
  var values: [T]
  init(_ values: [T]) { self.values = values }
  func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    for value in values { try container.encode(value) }
  }
  init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    let count = container.count
    values = []
    while !container.isAtEnd { values.append(try container.decode(T.self)) }
    #expect(values.count == count)
  }
}

/// Decodes each element after the container has been released.
struct BySuperDecoders<T: Codable>: Codable {
  var values: [T]
  func encode(to encoder: any Encoder) throws {}
  init(from decoder: any Decoder) throws {
    func decoders() throws -> [any Decoder] {
      var container = try decoder.unkeyedContainer()
      var decoders: [any Decoder] = []
      while !container.isAtEnd { decoders.append(try container.superDecoder()) }
      return decoders
    }
    values = try decoders().map { try $0.singleValueContainer().decode(T.self) }
  }
}
