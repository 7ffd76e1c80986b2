import SeppoMPI

let flatMapLaws = [
  Law("flatMap equals Sequence.flatMap, for generated inputs and options") {
    try forGeneratedInputs(seed: 41) { input, random in
      let divisor = Int.random(in: 1...5, using: &random)
      let f: @Sendable (Int) -> [String] = { number in
        (0..<(abs(number) % divisor)).map { "\(number) \($0)" }
      }
      let (numbers, options) = (input.numbers, input.options)
      try requireEqual(try numbers.parallel(options).flatMap(f), numbers.flatMap(f), input.what)
      let twice = try numbers.parallel(options).flatMap { [Double($0), 0.5] }
      try requireEqual(twice, numbers.flatMap { [Double($0), 0.5] }, input.what)
      let kept = try (0..<numbers.count).parallel(options).atRoot.flatMap(f)
      try requireEqual(kept.value, Seppo.isRoot ? (0..<numbers.count).flatMap(f) : nil, input.what)
    }
  },
  Law("flatMap throws the error of the lowest element that throws, at any position in a block") {
    for throwing in [[0], [39_999], [20_001, 17_777, 30_000]] {
      try requireItemThrew(throwing.min()) {
        _ = try (0..<40_000).parallel().flatMap { item -> [Int] in
          if throwing.contains(item) { throw LawError(description: "item \(item)") }
          return [item, item]
        }
      }
    }
  },
  Law("flatMap works inside items, inside atRoot, and on an AtRoot collection") {
    let nested = try (0..<5).mapParallel { n in try (0..<n).parallel().flatMap { Array(0..<$0) } }
    try requireEqual(nested, (0..<5).map { n in (0..<n).flatMap { Array(0..<$0) } })
    let words = try Seppo.atRoot { ["a b", "", "c"] }
    let parts: @Sendable (String) -> [String] = { $0.split(separator: " ").map(String.init) }
    try requireEqual(try words.parallel().flatMap(parts), ["a", "b", "c"])
    try requireEqual(
      try words.atRoot { try $0.parallel().flatMap(parts) }.value, Seppo.isRoot ? ["a", "b", "c"] : nil)
    try requireEqual(try [Int]().parallel().flatMap { [$0] }, [])
  },
]
