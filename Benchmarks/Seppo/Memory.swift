import ArgumentParser
import Foundation
import SeppoMPI

/// Rank 0's peak memory for a map at root, in payloads: its input and the results are two payloads.
struct Memory: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Map at root: rank 0's peak memory, in payloads.")

  @Option(help: "The number of items.")
  var items = 10_000_000

  func run() throws {
    let count = items
    let input = try Seppo.atRoot { Array(0..<count) }
    let output = try input.parallel().atRoot.map { $0 + 1 }
    guard let results = output.value else { return }
    let peak = try Memory.peakBytes()
    try WrongAnswer.unless(results.count == count && zip(results, 1...).allSatisfy { $0 == $1 }, "in the results")
    try Figure(row: "memory", value: Double(peak) / Double(count * MemoryLayout<Int>.stride)).print()
  }

  /// Returns the peak resident memory of this process, in bytes, as the kernel counts it.
  static func peakBytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    guard let words = line?.split(whereSeparator: \.isWhitespace), words.count == 3, let kilobytes = Int(words[1])
    else {
      throw WrongAnswer(description: "/proc/self/status has no VmHWM")
    }
    return kilobytes * 1_024
  }
}
