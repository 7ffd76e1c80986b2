import SeppoMPI

/// A generated input of a verb.
struct GeneratedInput {
  let numbers: [Int]
  let options: ParallelOptions
  /// Describes the input in errors.
  let what: String

  /// Elements that are neither contiguous nor random-access.
  var scattered: LazyFilterSequence<[Int]> { numbers.lazy.filter { $0 % 3 != 0 } }
}

/// Calls the body with generated inputs, which are different for each number of ranks.
func forGeneratedInputs(
  seed: UInt64, rounds: Int = 8, counts: [Int] = [0, 1, 2, 30, 1_000, 20_000],
  _ body: (GeneratedInput, inout Seeded) throws -> Void
) throws {
  var random = Seeded(state: seed + UInt64(Seppo.size))
  for round in 0..<rounds {
    // With the default options, and only with them, a block has several elements, if there are many.
    let count = round == 0 ? counts.max()! : counts.randomElement(using: &random)!
    let numbers = (0..<count).map { _ in Int.random(in: -1_000...1_000, using: &random) }
    let options = round == 0 ? ParallelOptions() : ParallelOptions.random(using: &random)
    let input = GeneratedInput(
      numbers: numbers, options: options, what: "round \(round), \(count) numbers, \(options):")
    try body(input, &random)
  }
}

/// Requires that the body throws the error of an item.
func requireItemThrew(_ index: Int?, line: UInt = #line, _ body: () throws -> Void) throws {
  let error = try errorOf(body)
  guard case .itemThrew(let item) = error else { throw LawError(description: "\(error) (line \(line))") }
  try requireEqual(item.index, index!, line: line)
}

/// Returns the value on rank 0, otherwise nil: what the `AtRoot` of this value has.
func atRootOnly<Value>(_ value: Value) -> Value? { Seppo.isRoot ? .some(value) : nil }
