import ArgumentParser
import SeppoMPI

/// Large items: the bytes sent and received, in GB (10⁹) per second, with results on rank 0.
struct Arrays: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Send arrays out and back: GB/s, results on rank 0.")

  @Option(help: "The number of arrays.")
  var arrays = 200

  @Option(help: "The number of Doubles per array.")
  var length = 1_000_000

  @Option(help: "The number of measured maps, after one to warm up.")
  var maps = 1

  func run() throws {
    let (count, length) = (arrays, length)
    let input = try Seppo.atRoot {
      (0..<count).map { array in (0..<length).map { Double(array + $0) } }
    }
    let seconds = try Stopwatch.median(of: maps) {
      try input.parallel().atRoot.map { numbers in numbers.map { $0 + 1 } }
    } check: { output in
      guard let output = output.value else { return }
      try WrongAnswer.unless(output.count == count, "\(output.count) arrays of \(count)")
      for (array, numbers) in output.enumerated() {
        let isRight =
          numbers.count == length && zip(numbers, 0...).allSatisfy { $0 == Double(array + $1 + 1) }
        try WrongAnswer.unless(isRight, "in array \(array)")
      }
    }
    let bytes = 2 * count * length * MemoryLayout<Double>.stride
    if Seppo.isRoot { try Figure(row: "arrays", value: Double(bytes) / seconds / 1e9).print() }
  }
}
