import ArgumentParser
import Foundation
import SeppoWire

/// A typical struct of a scientific program: numbers, a small vector, a name, a flag, and an optional.
private struct Sample: Codable, Equatable {
  var id: Int
  var position: [Double]
  var name: String
  var isBound: Bool
  var energy: Double?
}

struct Structs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Encode and decode 100,000 structs, against Foundation's JSON: nanoseconds per struct.")

  @Option(help: "The number of structs.")
  var count = 100_000

  @Option(help: "The number of runs; the shortest counts.")
  var runs = 5

  func run() throws {
    let samples = (0..<count).map { number in
      let x = Double(number)
      return Sample(
        id: number, position: [x, x * 0.5, x * 0.25], name: "sample \(number)", isBound: number % 2 == 0,
        energy: number % 3 == 0 ? nil : x / 3)
    }
    var ours = Double.infinity
    var json = Double.infinity
    // Alternating, so that changes of the machine's speed affect both.
    for _ in 0..<runs {
      ours = min(ours, try shortest(of: 1) { try check(throughWire(samples), samples) })
      json = min(json, try shortest(of: 1) { try check(throughJSON(samples), samples) })
    }
    let perStruct = (ours: ours / Double(count), json: json / Double(count))
    print(
      """
      {"row": "structs", "ours_ns": \(perStruct.ours), "json_ns": \(perStruct.json), \
      "ratio": \(perStruct.json / perStruct.ours)}
      """)
  }

  private func throughWire(_ samples: [Sample]) throws -> [Sample] {
    let writer = WireWriter()
    try samples.withUnsafeBufferPointer { try Items.write($0, to: writer) }
    return try [Sample](unsafeUninitializedCapacity: samples.count) { places, done in
      let (read, error) = Items.read(
        UnsafeMutableBufferPointer(rebasing: places[..<samples.count]), from: UnsafeRawBufferPointer(writer.bytes))
      done = read
      if let error { throw error }
    }
  }

  private func throughJSON(_ samples: [Sample]) throws -> [Sample] {
    try JSONDecoder().decode([Sample].self, from: JSONEncoder().encode(samples))
  }

  /// Compares only the last struct, because the comparison is part of the measured time.
  private func check(_ result: [Sample], _ expected: [Sample]) throws {
    guard result.count == expected.count, result.last == expected.last else {
      throw ValidationError("the decoded structs differ")
    }
  }
}
