// Shows a range cut into pieces that are mapped and added up: how many primes lie below a number, by a segmented sieve.
//
//   ./mpi-run.sh -n 4 Primes 100000000

import ArgumentParser
import CommandLineTool
import SeppoMPI

@main
struct Primes: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Count the primes below a number, on every rank.")

  @Argument(help: "Primes below this number are counted: 0 to 10¹⁵.")
  var limit: Int

  static func main() { runOnEveryRank() }

  func validate() throws {
    guard (0...1_000_000_000_000_000).contains(limit) else {
      throw ValidationError("N must be from 0 to 10¹⁵, and \(limit) isn't.")
    }
  }

  func run() throws {
    let limit = limit
    let length = Primes.segmentLength(limit)
    // The few primes that sieve all others: every rank finds them for itself.
    let sieving = Primes.upTo(Int(Double(limit).squareRoot()) + 1)
    let segments = (limit + length - 1) / length
    let counts = try (0..<segments).mapParallel { segment in
      Primes.count(in: (segment * length)..<min((segment + 1) * length, limit), sieving: sieving)
    }
    try Seppo.atRoot { print(counts.reduce(0, +)) }
  }

  /// Segments that fit a core's cache, and are long enough for the largest sieving prime.
  static func segmentLength(_ limit: Int) -> Int { max(1 << 19, Int(Double(limit).squareRoot())) }

  /// The primes up to a number, by the plain sieve of Eratosthenes.
  static func upTo(_ last: Int) -> [Int] {
    guard last >= 2 else { return [] }
    var isComposite = [Bool](repeating: false, count: last + 1)
    var primes: [Int] = []
    for number in 2...last where !isComposite[number] {
      primes.append(number)
      for multiple in stride(from: number * number, through: last, by: number) { isComposite[multiple] = true }
    }
    return primes
  }

  /// How many primes lie in a range: only the odd numbers are looked at.
  static func count(in range: Range<Int>, sieving primes: [Int]) -> Int {
    // 2 is the one even prime.
    let two = range.contains(2) ? 1 : 0
    let first = max(3, range.lowerBound | 1)
    guard first < range.upperBound else { return two }
    let odds = (range.upperBound - first + 1) / 2
    var isComposite = [Bool](repeating: false, count: odds)
    isComposite.withUnsafeMutableBufferPointer { isComposite in
      for prime in primes where prime > 2 {
        if prime * prime >= range.upperBound { break }
        var multiple = max(prime * prime, (first + prime - 1) / prime * prime)
        if multiple % 2 == 0 { multiple += prime }
        var index = (multiple - first) / 2
        while index < odds {
          isComposite[index] = true
          index += prime
        }
      }
    }
    return two + isComposite.reduce(0) { $1 ? $0 : $0 + 1 }
  }
}
