import SeppoMPI

let minMaxLaws = [
  Law("min and max equal Sequence's, for generated inputs and options") {
    try forGeneratedInputs(seed: 59, counts: [0, 1, 2, 30, 1_025, 5_000]) { input, _ in
      let (numbers, options, what) = (input.numbers, input.options, input.what)
      try requireEqual(try numbers.parallel(options).min(), numbers.min(), what)
      try requireEqual(try numbers.parallel(options).max(), numbers.max(), what)
      let words = numbers.map { "\($0)" }
      // Many are equal by length: the first one counts.
      let isShorter: @Sendable (String, String) -> Bool = { $0.count < $1.count }
      try requireEqual(try words.parallel(options).min(by: isShorter), words.min(by: isShorter), what)
      try requireEqual(try words.parallel(options).max(by: isShorter), words.max(by: isShorter), what)
      let scattered = input.scattered
      try requireEqual(try scattered.parallel(options).max(), scattered.max(), what)
      let steps = stride(from: 3.0, to: Double(numbers.count), by: 1.5)
      let nearest = try steps.parallel(options).min { abs($0 - 100) < abs($1 - 100) }
      try requireEqual(nearest, steps.min { abs($0 - 100) < abs($1 - 100) }, what)
      let root = words.parallel(options).atRoot
      try requireEqual(try root.min().value, atRootOnly(words.min()), what)
      try requireEqual(try root.max(by: isShorter).value, atRootOnly(words.max(by: isShorter)), what)
    }
  },
  Law("an error of the comparison is thrown on every rank: within a block as its item's, otherwise as mergeThrew") {
    let compare: @Sendable (Int, Int) throws -> Bool = { first, second in
      if first % 1_000 == 999 { throw LawError(description: "\(first)") }
      return first < second
    }
    try requireItemThrew(999) { _ = try (0..<5_000).parallel().min(by: compare) }
    let error = try errorOf { _ = try (0..<1_000).parallel().min(by: compare) }
    guard case .mergeThrew(let body) = error, body.description == "999" else {
      throw LawError(description: "\(error)")
    }
  },
  Law("min and max work inside items, inside atRoot, and on an AtRoot collection") {
    let nested = try (0..<5).mapParallel { n in try (0..<n).parallel().max() }
    try requireEqual(nested, [nil, 0, 1, 2, 3])
    let words = try Seppo.atRoot { ["bb", "a", "ccc"] }
    try requireEqual(try words.parallel().min(), "a")
    try requireEqual(try words.parallel().atRoot.max().value, atRootOnly("ccc"))
    try requireEqual(try words.atRoot { try $0.parallel().max() }.value, atRootOnly("ccc"))
    try requireEqual(try Seppo.atRoot { [Int]() }.parallel().min(), nil)
    // Each rank returns its own element.
    let own = (0..<3_000).map { Labelled(number: $0 % 1_000, label: "\($0)") }
    try requireEqual(try own.parallel().max { $0.number < $1.number }?.label, "999")
  },
]
