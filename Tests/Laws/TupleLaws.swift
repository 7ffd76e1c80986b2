import SeppoMPI

private struct Star: Codable, Sendable, Equatable {
  var name: String
  var mass: Double
}

let tupleLaws = [
  Law("zip, enumerated and arrays of tuples equal Sequence's map, for generated inputs and options") {
    var random = Seeded(state: 47 + UInt64(Seppo.size))
    for round in 0..<8 {
      let count = [0, 1, 2, 30, 1_000, 9_000].randomElement(using: &random)!
      let numbers = (0..<count).map { _ in Int.random(in: -1_000...1_000, using: &random) }
      let words = numbers.map { "\($0)" }
      let options = ParallelOptions.random(using: &random)
      let what = "round \(round), \(count) tuples, \(options):"
      // One of the two has more elements.
      let halves = (0..<(count + 3)).map { Double($0) / 2 }
      try requireEqual(
        try zip(numbers, halves).parallel(options).map { number, half in Double(number) * half },
        zip(numbers, halves).map { number, half in Double(number) * half }, what)
      try requireEqual(
        try zip(words, numbers).parallel(options).map { $0 + "\($1)" }, zip(words, numbers).map { $0 + "\($1)" }, what)
      try requireEqual(
        try words.enumerated().parallel(options).map { "\($0.offset) \($0.element)" },
        words.enumerated().map { "\($0.offset) \($0.element)" }, what)
      let stars = numbers.map { Star(name: "\($0)", mass: Double($0)) }
      let threes = numbers.indices.map { (numbers[$0], stars[$0], $0 % 2 == 0) }
      try requireEqual(
        try threes.parallel(options).map { number, star, isEven in isEven ? star.mass + Double(number) : 0 },
        threes.map { number, star, isEven in isEven ? star.mass + Double(number) : 0 }, what)
      let fours = numbers.indices.map { (UInt8($0 % 256), halves[$0], numbers[$0], Float($0)) }
      try requireEqual(
        try fours.parallel(options).compactMap { a, b, c, d in c > 0 ? Double(a) + b + Double(d) : nil },
        fours.compactMap { a, b, c, d in c > 0 ? Double(a) + b + Double(d) : nil }, what)
      try requireEqual(
        try fours.parallel(options).atRoot.map { $0.1 }.value, Seppo.isRoot ? fours.map { $0.1 } : nil, what)
    }
  },
  Law("every verb takes tuples, also on rank 0, inside items and inside atRoot") {
    let xs = [1, 2, 3, 4]
    let ys = ["a", "b", "c", "d"]
    try requireEqual(try zip(xs, ys).mapParallel { x, y in "\(x)\(y)" }, ["1a", "2b", "3c", "4d"])
    try requireEqual(try xs.enumerated().mapParallel { index, x in index * x }, [0, 2, 6, 12])
    try requireEqual(try [(1, 2.5), (2, 3.5)].mapParallel { Double($0) * $1 }, [2.5, 7])
    try requireEqual(try [(1, 2, 3)].mapParallel { $0.0 + $0.1 + $0.2 }, [6])
    try requireEqual(try [(1, 2, 3, "4")].mapParallel { a, b, c, d in "\(a + b + c)\(d)" }, ["64"])
    let table = ["one": 1, "two": 2, "three": 3]
    try requireEqual(
      try table.sorted { $0.key < $1.key }.mapParallel { key, value in "\(key) \(value)" },
      ["one 1", "three 3", "two 2"])
    try requireEqual(try table.sorted { $0.value < $1.value }.parallel().map { $0.key }, ["one", "two", "three"])
    let results = try zip(xs, ys).parallel().mapResults { x, y in
      if x == 3 { throw LawError(description: y) }
      return y
    }
    guard case .failure(.itemThrew(let item)) = results[2] else { throw LawError(description: "\(results)") }
    try requireEqual(item.index, 2)
    try requireEqual(item.description, "c")
    try requireEqual(try results[3].get(), "d")
    let shared = try SharedBytes(4)
    try zip(xs.indices, xs).parallel().forEach { index, x in shared[index] = UInt8(x) }
    try requireEqual((0..<4).map { Int(shared[$0]) }, xs)
    func onRoot<Value>(_ value: Value) -> Value? { Seppo.isRoot ? value : nil }
    let atRoot = zip(xs, ys).parallel(threads: 2).atRoot
    try requireEqual(try atRoot.map { x, y in "\(x)\(y)" }.value, onRoot(["1a", "2b", "3c", "4d"]))
    try requireEqual(try atRoot.compactMap { x, y in x > 2 ? y : nil }.value, onRoot(["c", "d"]))
    try requireEqual(try atRoot.mapResults { x, _ in x }.value?.map { try $0.get() }, onRoot(xs))
    let nested = try xs.enumerated().mapParallel { index, x in try zip([index], [x]).mapParallel { $0 * $1 }[0] }
    try requireEqual(nested, [0, 2, 6, 12])
    try requireEqual(try Seppo.atRoot { try zip(xs, xs).mapParallel { $0 + $1 } }.value, onRoot([2, 4, 6, 8]))
  },
  Law("tuples that differ between ranks are an error, which names the index", withoutCheck: true) {
    guard Seppo.size > 1 else { return }
    let mine = Seppo.rank == 1 ? [1, 2, 4] : [1, 2, 3]
    let error = try errorOf { _ = try zip(mine, ["a", "b", "c"]).mapParallel { x, _ in x } }
    guard case .itemsDiffer(let items) = error else { throw LawError(description: "\(error)") }
    try requireEqual(items.index, 2)
    try requireEqual(try zip([1], [2]).mapParallel { $0 + $1 }, [3])
  },
]
