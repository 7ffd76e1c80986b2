import SeppoMPI

@Sendable private func square(_ item: Int) throws -> Int {
  if item < 0 { throw LawError(description: "negative") }
  return item * item
}

let poolLaws = [
  Law("a pool computes each submitted task once, and returns each input with its result") {
    for options in [ParallelOptions(), ParallelOptions(chunk: .items(3), threads: 2), ParallelOptions(retries: 1)] {
      let sum = try Seppo.withPool(square, options) { pool in
        for item in 0..<1_000 { pool.submit(item) }
        var found: [Int: Int] = [:]
        while let (input, result) = pool.next() { found[input] = try result.get() }
        try requireEqual(found, Dictionary(uniqueKeysWithValues: (0..<1_000).map { ($0, $0 * $0) }))
        return found.values.reduce(0, +)
      }
      try requireEqual(sum.value, Seppo.isRoot ? (0..<1_000).reduce(0) { $0 + $1 * $1 } : nil)
    }
  },
  Law("tasks are born of results") {
    // Counts the leaves of a binary tree of depth 10.
    let leaves = try Seppo.withPool({ (depth: Int) in depth == 0 ? [] : [depth - 1, depth - 1] }) { pool in
      pool.submit(10)
      var leaves = 0
      while let (_, children) = pool.next() {
        let children = try children.get()
        if children.isEmpty { leaves += 1 }
        for child in children { pool.submit(child) }
      }
      return leaves
    }
    try requireEqual(leaves.value, Seppo.isRoot ? 1_024 : nil)
  },
  Law("a task's value waits for it, and next doesn't return it again") {
    try Seppo.withPool(square) { pool in
      let tasks = (0..<50).map { pool.submit($0) }
      try requireEqual(try tasks[49].value(), 49 * 49)
      try requireEqual(try tasks.map { try $0.value() }, (0..<50).map { $0 * $0 })
      try require(pool.next() == nil, "a result was returned twice")
      try requireEqual(try pool.map(10..<40), (10..<40).map { $0 * $0 })
      try requireEqual(tasks[7].input, 7)
    }
  },
  Law("the error of a task is its result, and the body's error is thrown on every rank") {
    try Seppo.withPool(square) { pool in
      let bad = pool.submit(-3)
      pool.submit(2)
      let error = try errorOf { _ = try bad.value() }
      guard case .itemThrew(let item) = error, item.description == "negative" else {
        throw LawError(description: "\(error)")
      }
      let error2 = try errorOf { _ = try pool.map([1, -1, 2]) }
      guard case .itemThrew = error2 else { throw LawError(description: "\(error2)") }
    }
    let error = try errorOf {
      try Seppo.withPool(square) { pool in
        for item in 0..<100_000 { pool.submit(item) }
        throw LawError(description: "the body")
      }
    }
    guard case .poolThrew(let body) = error else { throw LawError(description: "\(error)") }
    try requireEqual(body.description, "the body")
  },
  Law("cancelled tasks have no result, and tasks that are submitted later do") {
    try Seppo.withPool(square) { pool in
      let tasks = (0..<100_000).map { pool.submit($0) }
      pool.cancel()
      try require(pool.next() == nil, "a cancelled task has a result")
      do {
        _ = try tasks[99_999].value()
        throw LawError(description: "a cancelled task has a value")
      } catch is CancellationError {}
      pool.submit(4)
      try requireEqual(try pool.next()?.result.get(), 16)
      try require(pool.next() == nil, "there is one task")
    }
  },
  Law("a pool whose body has ended computes nothing") {
    let pool = try Seppo.withPool(square) { $0 }
    if let pool = pool.value {
      let error = try errorOf { _ = try pool.submit(1).value() }
      guard case .afterEnd(let call) = error else { throw LawError(description: "\(error)") }
      try require(call.place.contains("PoolLaws.swift:"), call.place)
      pool.submit(2)
      guard case .failure(.afterEnd) = pool.next()?.result else { throw LawError(description: "no error") }
      try require(pool.next() == nil, "a task is returned twice")
    }
  },
  Law("verbs in a pool's body run on rank 0 alone, and a pool inside an item or a body is an error") {
    let sum = try Seppo.withPool(square) { pool in try (0..<5).mapParallel { $0 }.reduce(0, +) }
    try requireEqual(sum.value, Seppo.isRoot ? 10 : nil)
    for body in [
      { _ = try [1].mapParallel { _ in try Seppo.withPool(square) { _ in 1 }.value } },
      { try Seppo.withPool(square) { _ in try Seppo.withPool(square) { _ in 1 } } },
      { try Seppo.withPool(square) { _ in try Seppo.atRoot { 1 } } },
    ] {
      let error = try errorOf(body)
      guard case .nested = error else {
        guard case .itemThrew(let item) = error, item.description.contains("inside an item") else {
          throw LawError(description: "\(error)")
        }
        continue
      }
    }
  },
]
