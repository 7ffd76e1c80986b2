import SeppoMPI

let compactMapLaws = [
  Law("compactMap equals Sequence.compactMap, for generated inputs and options") {
    var random = Seeded(state: 17 + UInt64(Seppo.size))
    for round in 0..<12 {
      let count = [0, 1, 2, 30, 1_000, 20_000].randomElement(using: &random)!
      let numbers = (0..<count).map { _ in Int.random(in: -1_000...1_000, using: &random) }
      let options = ParallelOptions.random(using: &random)
      let divisor = Int.random(in: 1...5, using: &random)
      let f: @Sendable (Int) -> String? = { $0 % divisor == 0 ? "\($0)" : nil }
      let what = "round \(round), every \(divisor). of \(count), \(options):"
      try requireEqual(try numbers.parallel(options).compactMap(f), numbers.compactMap(f), what)
      let halves = try numbers.parallel(options).compactMap { $0 % divisor == 0 ? Double($0) / 2 : nil }
      try requireEqual(halves, numbers.compactMap { $0 % divisor == 0 ? Double($0) / 2 : nil }, what)
      let kept = try (0..<count).parallel(options).atRoot.compactMap(f)
      try requireEqual(kept.value, Seppo.isRoot ? (0..<count).compactMap(f) : nil, what)
    }
  },
  Law("compactMap throws the error of the lowest element that throws, at any position in a block") {
    for throwing in [[0], [39_999], [20_001, 17_777, 30_000]] {
      let error = try errorOf {
        _ = try (0..<40_000).parallel().compactMap { item -> Int? in
          if throwing.contains(item) { throw LawError(description: "item \(item)") }
          return item % 7 == 0 ? item : nil
        }
      }
      guard case .itemThrew(let item) = error else { throw LawError(description: "\(error)") }
      try requireEqual(item.index, throwing.min())
    }
  },
  Law("compactMap works inside items, inside atRoot, and on an AtRoot collection") {
    let nested = try (0..<5).mapParallel { n in try (0..<n).parallel().compactMap { $0 % 2 == 0 ? $0 : nil } }
    try requireEqual(nested, (0..<5).map { n in (0..<n).compactMap { $0 % 2 == 0 ? $0 : nil } })
    let words = try Seppo.atRoot { ["1", "two", "3"] }
    try requireEqual(try words.parallel().compactMap { Int($0) }, [1, 3])
    try requireEqual(try words.atRoot { try $0.parallel().compactMap { Int($0) } }.value, Seppo.isRoot ? [1, 3] : nil)
    try requireEqual(try [Int]().parallel().compactMap { Optional($0) }, [])
  },
]
