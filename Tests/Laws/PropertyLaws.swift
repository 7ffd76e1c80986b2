import Foundation
import SeppoMPI

/// A generator with the same numbers on every rank for the same seed (SplitMix64; Steele, Lea and Flood 2014).
struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

private struct Oops: Error {}

let propertyLaws = [
  Law("mapParallel equals map, for generated inputs and options") {
    // Each number of ranks gets its own inputs.
    let seed = getenv("LAWS_SEED").flatMap { UInt64(String(cString: $0)) } ?? 20_261_121 + UInt64(Seppo.size)
    var random = Seeded(state: seed)
    for round in 0..<30 {
      let count = Int.random(in: 0...[3, 20, 300].randomElement(using: &random)!, using: &random)
      let chunk: Chunk = Bool.random(using: &random) ? .automatic : .items(Int.random(in: 1...20, using: &random))
      let threads = Int.random(in: 1...3, using: &random)
      let throwing =
        Int.random(in: 0...3, using: &random) == 0 ? Int.random(in: 0...max(1, 2 * count), using: &random) : -1
      let slow = Int.random(in: 2...40, using: &random)
      let what = "seed \(seed), round \(round): \(count) items, \(chunk), \(threads) threads, throw at \(throwing):"
      let numbers = (0..<count).map { _ in Int.random(in: -1_000...1_000, using: &random) }
      let texts = numbers.map { String(repeating: "x", count: abs($0) % 30) + "\($0)" }

      @Sendable func f(_ item: Int, _ index: Int) throws -> [String] {
        if index == throwing { throw Oops() }
        if index % slow == 0 { usleep(200) }
        return Array(repeating: "\(item)", count: abs(item) % 4)
      }
      let pairs = zip(numbers.indices, texts).map { Pair(index: $0, text: $1, number: numbers[$0]) }
      var found: [[String]]?
      var error: SeppoError?
      do {
        found = try pairs.parallel(chunk: chunk, threads: threads).map { try f($0.number, $0.index) }
      } catch let thrown as SeppoError {
        error = thrown
      }
      if (0..<count).contains(throwing) {
        guard case .itemThrew(let item) = error, item.index == throwing, item.type == "Oops" else {
          throw LawError(description: "\(what) \(String(describing: error)) \(String(describing: found))")
        }
      } else {
        try requireEqual(found, try pairs.map { try f($0.number, $0.index) }, what)
      }
    }
  }
]

private struct Pair: Codable, Sendable {
  var index: Int
  var text: String
  var number: Int
}
