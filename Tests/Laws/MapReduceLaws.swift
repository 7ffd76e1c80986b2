import SeppoMPI

private let everyOptions = [
  ParallelOptions(), ParallelOptions(chunk: .items(3)), ParallelOptions(threads: 3),
  ParallelOptions(chunk: .items(100), threads: 2, retries: 2), ParallelOptions(timeout: .seconds(60)),
]

/// Returns the value that a reduction must have, bit for bit: at most 1,024 blocks of neighbours, combined in order.
private func grouped<Element, Value>(
  _ initial: Value, _ items: [Element], _ f: (Element) -> Value, _ combine: (Value, Value) -> Value
) -> Value {
  let size = max(1, (items.count + 1_023) / 1_024)
  return stride(from: 0, to: items.count, by: size).reduce(initial) { whole, first in
    let block = items[first..<min(first + size, items.count)].map(f)
    return combine(whole, block.dropFirst().reduce(block[0], combine))
  }
}

let mapReduceLaws = [
  Law("reduce and mapReduce equal Sequence.reduce, for generated inputs and options") {
    try forGeneratedInputs(seed: 47, counts: [0, 1, 2, 30, 1_024, 1_025, 5_000]) { input, random in
      let (numbers, options) = (input.numbers, input.options)
      let initial = Int.random(in: -10...10, using: &random)
      try requireEqual(try numbers.parallel(options).reduce(initial, +), numbers.reduce(initial, +), input.what)
      let squares = try numbers.parallel(options).mapReduce(initial, { $0 * $0 }, +)
      try requireEqual(squares, numbers.reduce(initial) { $0 + $1 * $1 }, input.what)
      // Associative, but not commutative.
      let words = numbers.map { "\($0)" }
      try requireEqual(try words.parallel(options).reduce("> ", +), words.reduce("> ", +), input.what)
      let list = try numbers.parallel(options).mapReduce([initial], { [$0] }, +)
      try requireEqual(list, [initial] + numbers, input.what)
      let scattered = input.scattered
      let kept = try scattered.parallel(options).atRoot.reduce(initial) { max($0, $1) }
      try requireEqual(kept.value, Seppo.isRoot ? scattered.reduce(initial) { max($0, $1) } : nil, input.what)
      let lengths = try words.parallel(options).atRoot.mapReduce(initial, { $0.count }, +)
      try requireEqual(lengths.value, Seppo.isRoot ? words.reduce(initial) { $0 + $1.count } : nil, input.what)
    }
  },
  Law("a combined sum of floating-point numbers has the same bits for any ranks, threads and chunks") {
    for count in [0, 1, 7, 1_024, 3_000, 20_000] {
      let f: @Sendable (Int) -> Double = { 1 / Double(3 * $0 + 1) }
      let numbers = (0..<count).map(f)
      let wanted = grouped(0.1, Array(0..<count), f, +)
      for options in everyOptions {
        let sum = try numbers.parallel(options).reduce(0.1, +)
        try requireEqual(sum.bitPattern, wanted.bitPattern, "\(count) numbers, \(options):")
        let progression = try (0..<count).parallel(options).mapReduce(0.1, f, +)
        try requireEqual(progression.bitPattern, wanted.bitPattern, "\(count) numbers, \(options):")
      }
    }
  },
  Law("mapReduce throws the error of the lowest element that throws, at any position in a block") {
    for throwing in [[0], [4_999], [2_501, 17, 3_000], [4_096, 4_097]] {
      try requireItemThrew(throwing.min()) {
        _ = try (0..<5_000).parallel().mapReduce(
          0,
          { item in
            if throwing.contains(item) { throw LawError(description: "item \(item)") }
            return item
          }, +)
      }
    }
  },
  Law("an error of combine is thrown on every rank: within a block as its item's, between blocks as mergeThrew") {
    let combine: @Sendable (Int, Int) throws -> Int = { first, second in
      if second % 1_000 == 999 { throw LawError(description: "\(second)") }
      return first + second
    }
    // Blocks of five elements: 999 is the last one of its block.
    try requireItemThrew(999) { _ = try (0..<5_000).parallel().reduce(0, combine) }
    // Blocks of one element: they are combined on rank 0.
    let error = try errorOf { _ = try (0..<1_000).parallel().reduce(0, combine) }
    guard case .mergeThrew(let body) = error, (body.type, body.description) == ("LawError", "999") else {
      throw LawError(description: "\(error)")
    }
    let refused = try errorOf {
      _ = try (0..<3).parallel().reduce(0) { first, _ in
        try Seppo.atRoot {}
        return first
      }
    }
    guard case .nested(let call) = refused, (call.call, call.inside) == ("atRoot", "the merge of a reduction") else {
      throw LawError(description: "\(refused)")
    }
    try requireEqual(try (0..<4).parallel().reduce(0, +), 6)
  },
  Law("reduce works inside items, inside atRoot, and on an AtRoot collection; no elements give the initial value") {
    let nested = try (0..<5).mapParallel { n in try (0..<(700 * n)).parallel().reduce(n, +) }
    try requireEqual(nested, (0..<5).map { n in (0..<(700 * n)).reduce(n, +) })
    let words = try Seppo.atRoot { ["a", "bb", "ccc"] }
    try requireEqual(try words.parallel().reduce("", +), "abbccc")
    try requireEqual(try words.parallel().mapReduce(1, { $0.count }, *), 6)
    try requireEqual(
      try words.atRoot { try $0.parallel().mapReduce(1, { $0.count }, *) }.value, Seppo.isRoot ? 6 : nil)
    try requireEqual(try [Int]().parallel().reduce(3, +), 3)
    try requireEqual(try [Int]().parallel().atRoot.mapReduce(3, { $0 }, +).value, Seppo.isRoot ? 3 : nil)
  },
]
