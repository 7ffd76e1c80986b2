import Foundation
import SeppoMPI

private struct Local: Codable, Hashable, Sendable {
  var name: String
  var values: [Double]
  var flag: Bool
  var maybe: Double?
  var nested: [String: [Int?]]
}

private enum Event: Codable, Hashable, Sendable {
  case none
  case at(Double)
  case moved(from: Int, to: Int)
  indirect case both(Event, Event)
}

private enum Color: String, Codable, CaseIterable, Sendable { case red, green, blue }

struct Particle: Codable, Sendable, Equatable {
  var position: SIMD3<Double>
  var mass: Double
  var id: Int32
}

extension Particle: PlainMemory {}

private final class Node: Codable, Sendable {
  let value: Int
  let next: Node?

  init(_ value: Int, _ next: Node?) {
    self.value = value
    self.next = next
  }

  var values: [Int] { [value] + (next?.values ?? []) }
}

private struct Empty: Codable, Sendable, Equatable {}

private struct Generic<Wrapped: Codable & Sendable & Equatable>: Codable, Sendable, Equatable {
  var wrapped: Wrapped
}

/// Requires that values arrive unchanged, as items and as parts of results.
private func same<T: Codable & Sendable & Equatable>(_ items: [T], line: UInt = #line) throws {
  try requireEqual(try items.mapParallel { $0 }, items, line: line)
  try requireEqual(try items.parallel(chunk: .items(1)).map { [$0, $0] }, items.map { [$0, $0] }, line: line)
}

let shapeLaws = [
  Law("integers of every width are sent unchanged") {
    try same([Int.min, -1, 0, 1, Int.max])
    try same([Int8.min, 0, .max])
    try same([Int16.min, 0, .max])
    try same([Int32.min, 0, .max])
    try same([Int64.min, 0, .max])
    try same([Int128.min, 0, .max])
    try same([UInt8.min, .max])
    try same([UInt16.min, .max])
    try same([UInt32.min, .max])
    try same([UInt64.min, .max])
    try same([UInt128.min, .max])
  },
  Law("floating-point numbers keep their bit patterns") {
    let doubles = [0, -0.0, .nan, Double(bitPattern: 0x7FF0_0000_0000_0001), .infinity, .leastNonzeroMagnitude, .pi]
    try requireEqual(try doubles.mapParallel { $0 }.map(\.bitPattern), doubles.map(\.bitPattern))
    try requireEqual(try doubles.mapParallel { [$0] }.map { $0[0].bitPattern }, doubles.map(\.bitPattern))
    let floats: [Float] = [-0.0, .nan, Float(bitPattern: 0x7F80_0001), .greatestFiniteMagnitude]
    try requireEqual(try floats.mapParallel { $0 }.map(\.bitPattern), floats.map(\.bitPattern))
    let halves: [Float16] = [-0.0, Float16(bitPattern: 0x7C01), 1.5]
    try requireEqual(try halves.mapParallel { $0 }.map(\.bitPattern), halves.map(\.bitPattern))
  },
  Law("strings, Booleans and optionals are sent unchanged") {
    try same(["", "a", "nul\0inside", "👩🏽‍🚀", String(repeating: "ü", count: 5_000)])
    try same([true, false, true])
    try same([1, nil, 3] as [Int?])
    try same([.some(.some(1)), .some(.none), .none] as [Int??])
    try same([["a": nil, "b": 1.5]] as [[String: Double?]])
  },
  Law("structs, enums, private types and local types are sent unchanged") {
    struct Inner: Codable, Hashable, Sendable {
      var x: Int
      var events: [Event]
    }
    try same([Local(name: "a", values: [1, .infinity], flag: true, maybe: nil, nested: ["k": [1, nil]])])
    try same([Event.none, .at(1.5), .moved(from: 1, to: 2), .both(.none, .both(.at(0), .none))])
    try same(Color.allCases)
    try same((0..<20).map { Inner(x: $0, events: [.at(Double($0))]) })
    try same([Generic(wrapped: Generic(wrapped: [1, 2]))])
    try same(Array(repeating: Empty(), count: 100))
    try same([[Empty()], [], [Empty(), Empty()]])
  },
  Law("objects of classes are sent") {
    let list = (0..<10).reduce(nil as Node?) { Node($1, $0) }!
    let results = try [list, list].mapParallel { Node($0.value + 1, $0) }
    try requireEqual(results.map(\.values), [[10] + list.values, [10] + list.values])
  },
  Law("arrays, vectors and plain memory are sent unchanged") {
    try same([[1.0, 2.0], [], [3.0]])
    try same([[[1], []], [[2, 3]]])
    try same([["a", "b"], []])
    try same([[true, false]])
    try same([SIMD3<Float>(1, 2, 3), SIMD3(4, 5, 6)])
    try same([SIMD8<Double>(repeating: 1.5)])
    let particles = (0..<1_000).map { Particle(position: [Double($0), 0, 1], mass: 2, id: Int32($0)) }
    try same(particles)
    let heavier = try particles.mapParallel { particle -> Particle in
      var particle = particle
      particle.mass *= 2
      return particle
    }
    try require(heavier.allSatisfy { $0.mass == 4 }, "masses")
  },
  Law("Foundation's types are sent unchanged") {
    try same([Data([0, 255, 7]), Data()])
    try same([Date(timeIntervalSince1970: 0.1), .distantFuture])
    try same([URL(string: "https://example.org/a?b=c")!, URL(string: "c", relativeTo: URL(string: "http://a/b/"))!])
    try same([UUID(), UUID()].map { _ in UUID(uuidString: "E621E1F8-C36C-495A-93FC-0C247A3E6E5F")! })
    try same([Decimal(string: "0.1")!, Decimal(string: "-123456789012345678901234567890")!])
    try same([DateInterval(start: Date(timeIntervalSince1970: 5), duration: 2)])
  },
  Law("results may have another type than the items") {
    let words = try (0..<100).mapParallel { Array(repeating: "w\($0)", count: $0 % 5) }
    try requireEqual(words, (0..<100).map { Array(repeating: "w\($0)", count: $0 % 5) })
    let counts = try words.mapParallel { $0.count }
    try requireEqual(counts, words.map(\.count))
    let tables = try counts.mapParallel { [$0: "\($0)"] }
    try requireEqual(tables, counts.map { [$0: "\($0)"] })
  },
]
