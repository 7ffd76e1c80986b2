import SeppoMPI

let filterLaws = [
  Law("filter equals Sequence.filter, for generated inputs and options") {
    try forGeneratedInputs(seed: 43) { input, random in
      let divisor = [1, 2, 7, 500].randomElement(using: &random)!
      let isIncluded: @Sendable (Int) -> Bool = { $0 % divisor == 0 }
      let (numbers, options, what) = (input.numbers, input.options, "every \(divisor)., \(input.what)")
      try requireEqual(try numbers.parallel(options).filter(isIncluded), numbers.filter(isIncluded), what)
      let words = numbers.map { "\($0)" }
      try requireEqual(
        try words.parallel(options).filter { $0.hasSuffix("7") }, words.filter { $0.hasSuffix("7") }, what)
      let range = -5..<(numbers.count - 5)
      try requireEqual(try range.parallel(options).filter(isIncluded), range.filter(isIncluded), what)
      let steps = stride(from: 0.5, to: Double(numbers.count), by: 1.5)
      try requireEqual(try steps.parallel(options).filter { $0 > 7 }, steps.filter { $0 > 7 }, what)
      let scattered = input.scattered
      try requireEqual(try scattered.parallel(options).filter(isIncluded), Array(scattered.filter(isIncluded)), what)
      let kept = try words.parallel(options).atRoot.filter { $0.hasSuffix("7") }
      try requireEqual(kept.value, Seppo.isRoot ? words.filter { $0.hasSuffix("7") } : nil, what)
    }
  },
  Law("filter throws the error of the lowest element that throws, at any position in a block") {
    for throwing in [[0], [39_999], [20_001, 17_777, 30_000]] {
      try requireItemThrew(throwing.min()) {
        _ = try (0..<40_000).parallel().filter { item in
          if throwing.contains(item) { throw LawError(description: "item \(item)") }
          return item % 2 == 0
        }
      }
    }
  },
  Law("filter works inside items and inside atRoot") {
    let nested = try (0..<5).mapParallel { n in try (0..<n).parallel().filter { $0 % 2 == 0 } }
    try requireEqual(nested, (0..<5).map { n in (0..<n).filter { $0 % 2 == 0 } })
    let words = try Seppo.atRoot { ["a", "bb", "ccc"] }
    let long = try words.atRoot { try $0.parallel().filter { $0.count > 1 } }
    try requireEqual(long.value, Seppo.isRoot ? ["bb", "ccc"] : nil)
    let inside = try Seppo.atRoot { try words.parallel().filter { $0.count > 1 } }
    try requireEqual(inside.value, Seppo.isRoot ? ["bb", "ccc"] : nil)
  },
  Law("the elements of an AtRoot collection that filter keeps are sent to every rank, unless they stay at root") {
    let words = try Seppo.atRoot { (0..<30_000).map { "word \($0)" } }
    let wanted = (0..<30_000).map { "word \($0)" }.filter { $0.hasSuffix("77") }
    for options in [ParallelOptions(), ParallelOptions(chunk: .items(100), threads: 2)] {
      try requireEqual(try words.parallel(options).filter { $0.hasSuffix("77") }, wanted)
      let kept = try words.parallel(options).atRoot.filter { $0.hasSuffix("77") }
      try requireEqual(kept.value, Seppo.isRoot ? wanted : nil)
    }
    try requireEqual(try words.parallel().filter { $0.isEmpty }, [])
  },
  Law("each rank keeps its own elements: filter sends positions") {
    // A property that isn't encoded is lost when an element travels.
    let own = (0..<2_000).map { Labelled(number: $0, label: "\($0)") }
    let kept = try own.parallel().filter { $0.number % 100 == 7 }
    try requireEqual(kept.map(\.label), (0..<2_000).filter { $0 % 100 == 7 }.map { "\($0)" })
  },
]

struct Labelled: Codable, Sendable {
  var number: Int
  var label = ""

  private enum CodingKeys: CodingKey { case number }
}
