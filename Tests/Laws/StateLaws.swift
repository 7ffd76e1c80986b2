import Foundation
import SeppoMPI
import Synchronization

/// A state that is neither `Sendable` nor `Codable`. It finds out whether two threads use it.
private final class Scratch {
  private let thread = "\(pthread_self())"
  private let uses = Atomic<Int>(0)
  private let ended: Counter?
  var digits: [Int] = []

  init(ended: Counter? = nil) { self.ended = ended }

  deinit { ended?.add(1) }

  func sumOfDigits(_ number: Int) throws -> Int {
    guard uses.add(1, ordering: .relaxed).newValue == 1 else { throw LawError(description: "used by two threads") }
    defer { uses.subtract(1, ordering: .relaxed) }
    guard "\(pthread_self())" == thread else {
      throw LawError(description: "used by another thread than it was made on")
    }
    digits.removeAll(keepingCapacity: true)
    var rest = abs(number)
    while rest > 0 {
      digits.append(rest % 10)
      rest /= 10
    }
    return digits.reduce(0, +)
  }
}

private func sumOfDigits(_ number: Int) -> Int { "\(abs(number))".reduce(0) { $0 + $1.wholeNumberValue! } }

let stateLaws = [
  Law("verbs with a state per thread equal those without, for generated inputs and options") {
    var random = Seeded(state: 41 + UInt64(Seppo.size))
    for round in 0..<8 {
      let count = [0, 1, 2, 30, 1_000, 20_000].randomElement(using: &random)!
      let numbers = (0..<count).map { _ in Int.random(in: -100_000...100_000, using: &random) }
      let options = ParallelOptions.random(using: &random)
      let wanted = numbers.map(sumOfDigits)
      let what = "round \(round), \(count) numbers, \(options):"
      let make: @Sendable () -> Scratch = { Scratch() }
      try requireEqual(
        try numbers.parallel(options).map(with: make) { try $0.sumOfDigits($1) }, wanted, what)
      try requireEqual(
        try numbers.parallel(options).mapResults(with: make) { try $0.sumOfDigits($1) }.map { try $0.get() }, wanted,
        what
      )
      let even: @Sendable (inout Scratch, Int) throws -> Int? = { scratch, number in
        let sum = try scratch.sumOfDigits(number)
        return sum % 2 == 0 ? sum : nil
      }
      let wantedEven = wanted.filter { $0 % 2 == 0 }
      try requireEqual(try numbers.parallel(options).compactMap(with: make, even), wantedEven, what)
      let shared = try SharedBytes(max(1, count))
      try (0..<count).parallel(options).forEach(with: make) { scratch, item in
        shared[item] = UInt8(try scratch.sumOfDigits(numbers[item]))
      }
      for item in 0..<count { try requireEqual(Int(shared[item]), wanted[item], "\(what) item \(item)") }
      let atRoot = numbers.parallel(options).atRoot
      func onRoot<Value>(_ value: Value) -> Value? { Seppo.isRoot ? value : nil }
      try requireEqual(try atRoot.map(with: make) { try $0.sumOfDigits($1) }.value, onRoot(wanted), what)
      try requireEqual(try atRoot.compactMap(with: make, even).value, onRoot(wantedEven), what)
      let results = try atRoot.mapResults(with: make) { try $0.sumOfDigits($1) }
      try requireEqual(try results.value?.map { try $0.get() }, onRoot(wanted), what)
    }
  },
  Law("a state is made at most once per thread and call, by its thread, and released when the call ends") {
    for (threads, count) in [(1, 10), (1, 5_000), (3, 5_000), (2, 0)] {
      for call in 1...3 {
        let (made, ended) = (Counter(), Counter())
        let sums = try (0..<count).parallel(threads: threads, retries: 1).map(
          with: {
            made.add(1)
            return Scratch(ended: ended)
          }, { try $0.sumOfDigits($1) })
        try requireEqual(sums, (0..<count).map(sumOfDigits))
        try require(made.value <= threads, "\(made.value) states for \(threads) threads in call \(call)")
        try requireEqual(ended.value, made.value, "released states:")
        if Seppo.size == 1, count > 0 { try require(made.value > 0, "no state was made") }
      }
    }
  },
  Law("the states are released if the call throws") {
    let (made, ended) = (Counter(), Counter())
    let error = try errorOf {
      _ = try (0..<3_000).parallel(threads: 2).map(
        with: {
          made.add(1)
          return Scratch(ended: ended)
        },
        { scratch, item in
          if item >= 1_234 { throw LawError(description: "item \(item)") }
          return try scratch.sumOfDigits(item)
        })
    }
    guard case .itemThrew(let item) = error else { throw LawError(description: "\(error)") }
    try requireEqual(item.index, 1_234)
    try requireEqual(ended.value, made.value)
  },
  Law("an error of makeState is that of the element that needed the state, and it is tried again", withoutCheck: true) {
    let always = try errorOf {
      _ = try (0..<100).parallel().map(
        with: { () throws -> Scratch in throw LawError(description: "no memory") }, { try $0.sumOfDigits($1) })
    }
    guard case .itemThrew(let item) = always else { throw LawError(description: "\(always)") }
    try requireEqual(item.index, 0)
    try requireEqual(item.description, "no memory")
    let tries = Counter()
    let results = try (0..<1_000).parallel().mapResults(
      with: { () throws -> Scratch in
        if tries.add(1) <= 2 { throw LawError(description: "the first times") }
        return Scratch()
      }, { try $0.sumOfDigits($1) })
    let failed = results.indices.filter { if case .failure = results[$0] { true } else { false } }
    try require(failed.count <= 2 * Seppo.size, "failed: \(failed)")
    if Seppo.size == 1 { try requireEqual(failed, [0, 1]) }
    for (item, result) in results.enumerated() where !failed.contains(item) {
      try requireEqual(try result.get(), sumOfDigits(item))
    }
    let more = Counter()
    let sums = try (0..<1_000).parallel(retries: 8).map(
      with: { () throws -> Scratch in
        if more.add(1) == 1 { throw LawError(description: "the first time") }
        return Scratch()
      }, { try $0.sumOfDigits($1) })
    try requireEqual(sums, (0..<1_000).map(sumOfDigits))
  },
  Law("states work inside items, inside atRoot, on an AtRoot collection, and in a loop of short calls") {
    let nested = try (0..<6).parallel(threads: 2).map(with: { Scratch() }) { scratch, ten in
      let inner = try (0..<10).parallel().map(with: { Scratch() }) { try $0.sumOfDigits(10 * ten + $1) }
      return try scratch.sumOfDigits(ten) + inner.reduce(0, +)
    }
    try requireEqual(nested, (0..<6).map { ten in ten + (0..<10).map { sumOfDigits(10 * ten + $0) }.reduce(0, +) })
    let numbers = try Seppo.atRoot { [17, 4, 1_234] }
    try requireEqual(try numbers.parallel().map(with: { Scratch() }) { try $0.sumOfDigits($1) }, [8, 4, 10])
    let within = try numbers.atRoot { try $0.parallel().map(with: { Scratch() }) { try $0.sumOfDigits($1) } }
    try requireEqual(within.value, Seppo.isRoot ? [8, 4, 10] : nil)
    for step in 0..<20 {
      let (made, ended) = (Counter(), Counter())
      let sums = try (0..<50).parallel(threads: 1).map(
        with: {
          made.add(1)
          return Scratch(ended: ended)
        }, { try $0.sumOfDigits(step * $1) })
      try requireEqual(sums, (0..<50).map { sumOfDigits(step * $0) })
      try require(made.value <= 1 && ended.value == made.value, "made \(made.value), released \(ended.value)")
    }
  },
]
