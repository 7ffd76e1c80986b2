// Shows mapParallel over a range. It counts the primes below a number. The numbers are divided into segments, and each
// segment is an item. All ranks sieve segments, and rank 0 prints the sum of their counts. Only the bounds of the range are
// sent, not its numbers.
//
//   ./mpi-run.sh -n 4 Primes 100000000

import ArgumentParser
import CommandLineTool
import SeppoMPI

@main
struct Primes: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Count the primes below a number, on all ranks.")

  @Argument(help: "Count the primes below this number, from 0 to 10¹⁵.")
  var limit: Int

  static func main() { runOnEveryRank() }

  func validate() throws {
    guard (0...1_000_000_000_000_000).contains(limit) else {
      throw ValidationError("The limit must be from 0 to 10¹⁵, not \(limit).")
    }
  }

  func run() throws {
    let limit = limit
    let length = Primes.segmentLength(limit)
    // The primes up to the square root are few: every rank computes them itself.
    let sieving = Primes.upTo(Int(Double(limit).squareRoot()) + 1)
    let segments = (limit + length - 1) / length
    let counts = try (0..<segments).mapParallel { segment in
      Primes.count(in: (segment * length)..<min((segment + 1) * length, limit), sieving: sieving)
    }
    try Seppo.atRoot { print(counts.reduce(0, +)) }
  }

  /// The length of a segment: it fits a core's cache, and is at least the largest sieving prime.
  static func segmentLength(_ limit: Int) -> Int { max(1 << 19, Int(Double(limit).squareRoot())) }

  /// Returns the primes up to a number, with the simple sieve of Eratosthenes.
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

  /// Returns the number of primes in a range. Sieves odd numbers only.
  static func count(in range: Range<Int>, sieving primes: [Int]) -> Int {
    // 2 is the only even prime.
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
