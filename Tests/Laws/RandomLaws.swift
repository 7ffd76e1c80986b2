import SeppoMPI

@Sendable private func walk(_ steps: Int, _ random: inout ItemRandom) -> Double {
  var place = 0.0
  for _ in 0..<steps { place += Double.random(in: -1...1, using: &random) }
  return place
}

/// Returns what a map with random numbers must return.
private func walks(_ steps: [Int], seed: Int) -> [Double] {
  steps.enumerated().map { index, steps in
    var random = ItemRandom(seed: seed, item: index)
    return walk(steps, &random)
  }
}

let randomLaws = [
  Law("random numbers depend on the seed and the index alone, for generated inputs and options, with every verb") {
    var random = Seeded(state: 43 + UInt64(Seppo.size))
    for round in 0..<8 {
      let count = [0, 1, 2, 30, 1_000, 20_000].randomElement(using: &random)!
      let steps = (0..<count).map { _ in Int.random(in: 0...4, using: &random) }
      var options = ParallelOptions.random(using: &random)
      let seed = [0, 42, -1, Int.min, Int.max].randomElement(using: &random)!
      options.seed = seed
      let wanted = walks(steps, seed: seed)
      let what = "round \(round), \(count) walks, \(options):"
      try requireEqual(try steps.parallel(options).seeded.map(walk), wanted, what)
      try requireEqual(try steps.parallel(options).seeded.mapResults(walk).map { try $0.get() }, wanted, what)
      let right: @Sendable (Int, inout ItemRandom) -> Double? = { steps, random in
        let place = walk(steps, &random)
        return place > 0 ? place : nil
      }
      let wantedRight = wanted.filter { $0 > 0 }
      try requireEqual(try steps.parallel(options).seeded.compactMap(right), wantedRight, what)
      let shared = try SharedBytes(max(1, count))
      try (0..<count).parallel(options).seeded.forEach { item, random in
        shared[item] = walk(steps[item], &random) > 0 ? 1 : 0
      }
      for item in 0..<count { try requireEqual(shared[item] == 1, wanted[item] > 0, "\(what) item \(item)") }
      let atRoot = steps.parallel(options).seeded.atRoot
      func onRoot<Value>(_ value: Value) -> Value? { Seppo.isRoot ? value : nil }
      try requireEqual(try atRoot.map(walk).value, onRoot(wanted), what)
      try requireEqual(try atRoot.mapResults(walk).value?.map { try $0.get() }, onRoot(wanted), what)
      try requireEqual(try atRoot.compactMap(right).value, onRoot(wantedRight), what)
    }
  },
  Law("random numbers are the same with a state per thread") {
    let steps = (0..<700).map { $0 % 5 }
    let wanted = walks(steps, seed: 7)
    let call = steps.parallel(threads: 2, seed: 7)
    let make: @Sendable () -> [Double] = { [] }
    let walkInState: @Sendable (inout [Double], Int, inout ItemRandom) -> Double = { places, steps, random in
      places.append(walk(steps, &random))
      return places.last!
    }
    try requireEqual(try call.map(with: make, walkInState), wanted)
    try requireEqual(try call.mapResults(with: make, walkInState).map { try $0.get() }, wanted)
    try requireEqual(
      try call.compactMap(with: make) { $1 == 3 ? walkInState(&$0, $1, &$2) : nil },
      wanted.enumerated().filter { $0.offset % 5 == 3 }.map(\.element))
    let shared = try SharedBytes(700)
    try (0..<700).parallel(seed: 7).forEach(with: make) { places, item, random in
      shared[item] = walkInState(&places, steps[item], &random) == wanted[item] ? 1 : 0
    }
    for item in 0..<700 { try requireEqual(shared[item], 1, "item \(item):") }
    func onRoot<Value>(_ value: Value) -> Value? { Seppo.isRoot ? value : nil }
    try requireEqual(try call.atRoot.map(with: make, walkInState).value, onRoot(wanted))
    let results = try call.atRoot.mapResults(with: make, walkInState)
    try requireEqual(try results.value?.map { try $0.get() }, onRoot(wanted))
    try requireEqual(
      try call.atRoot.compactMap(with: make) { Optional(walkInState(&$0, $1, &$2)) }.value, onRoot(wanted))
  },
  Law("an item that is tried again gets the same random numbers, and other seeds give other numbers") {
    let shared = try SharedBytes(400)
    let numbers = try (0..<400).parallel(retries: 3, seed: 5).map { item, random in
      let number = random.next()
      if item % 7 == 0, !shared.isMarked(item) {
        shared.mark(item)
        throw LawError(description: "the first time")
      }
      return number
    }
    func first(_ seed: Int) -> [UInt64] {
      (0..<400).map { item in
        var random = ItemRandom(seed: seed, item: item)
        return random.next()
      }
    }
    try requireEqual(numbers, first(5))
    try requireEqual(Set(first(5) + first(6) + first(-5)).count, 1_200)
  },
  Law("a call with random numbers and without a seed is an error on every rank, and the next call works") {
    let none: Int? = nil
    let errors = [
      try errorOf { _ = try (0..<10).parallel().seeded.map { $1.next() + UInt64($0) } },
      try errorOf { _ = try (0..<10).parallel(seed: none).mapResults { $1.next() + UInt64($0) } },
      try errorOf { _ = try (0..<10).parallel().seeded.atRoot.compactMap { _, random in Optional(random.next()) } },
      try errorOf { try [Int]().parallel().seeded.forEach { _, random in _ = random.next() } },
      try errorOf { _ = try (0..<3).parallel(seed: none).map(with: { 1 }) { _, _, random in random.next() } },
    ]
    for error in errors {
      guard case .badOption(let option) = error else { throw LawError(description: "\(error)") }
      try require(option.reason.contains("xs.parallel(seed: 42)"), option.reason)
      try require(option.place.contains("RandomLaws.swift:"), option.place)
    }
    try requireEqual(try (0..<3).parallel(seed: 1).map { item, _ in item }, [0, 1, 2])
    // Without random numbers, the seed has no effect, and need not be the same.
    try requireEqual(try (0..<3).parallel(ParallelOptions(seed: Seppo.rank)).map { $0 }, [0, 1, 2])
  },
  Law("random numbers work inside items, inside atRoot, on an AtRoot collection, and in a loop of short calls") {
    let nested = try (0..<4).parallel(seed: 1).map { item, random in
      try (0..<3).parallel(seed: item).map { steps, inner in walk(steps + 1, &inner) } + [walk(2, &random)]
    }
    let outer = walks([2, 2, 2, 2], seed: 1)
    try requireEqual(nested, (0..<4).map { walks([1, 2, 3], seed: $0) + [outer[$0]] })
    try requireEqual(
      try stride(from: 3, to: 0, by: -1).parallel(chunk: .items(2), seed: -3).map(walk), walks([3, 2, 1], seed: -3))
    try requireEqual(try stride(from: 1, through: 2, by: 1).parallel(seed: 8).map(walk), walks([1, 2], seed: 8))
    let steps = try Seppo.atRoot { [3, 1, 2] }
    try requireEqual(try steps.parallel(seed: 9).map(walk), walks([3, 1, 2], seed: 9))
    let within = try steps.atRoot { try $0.parallel(seed: 9).map(walk) }
    try requireEqual(within.value, Seppo.isRoot ? walks([3, 1, 2], seed: 9) : nil)
    for seed in 0..<20 {
      try requireEqual(
        try (0..<50).parallel(seed: seed).map { walk($0 % 3, &$1) }, walks((0..<50).map { $0 % 3 }, seed: seed))
    }
  },
]
