import SeppoMPI

let countLaws = [
  Law("count equals Sequence.count, for generated inputs and options") {
    try forGeneratedInputs(seed: 53) { input, random in
      let divisor = Int.random(in: 1...50, using: &random)
      let (numbers, options) = (input.numbers, input.options)
      let predicate: @Sendable (Int) -> Bool = { $0 % divisor == 0 }
      try requireEqual(
        try numbers.parallel(options).count(where: predicate), numbers.count(where: predicate), input.what)
      let words = numbers.map { "\($0)" }
      let kept = try words.parallel(options).atRoot.count { $0.hasSuffix("7") }
      try requireEqual(kept.value, Seppo.isRoot ? words.count { $0.hasSuffix("7") } : nil, input.what)
    }
  },
  Law("count throws the error of the lowest element that throws") {
    try requireItemThrew(17_777) {
      _ = try (0..<40_000).parallel().count { item in
        if [20_001, 17_777, 30_000].contains(item) { throw LawError(description: "item \(item)") }
        return true
      }
    }
  },
  Law("count works inside items, inside atRoot, and on an AtRoot collection") {
    let nested = try (0..<5).mapParallel { n in try (0..<n).parallel().count { $0 % 2 == 0 } }
    try requireEqual(nested, [0, 1, 1, 2, 2])
    let words = try Seppo.atRoot { ["a", "bb", "ccc"] }
    try requireEqual(try words.parallel().count { $0.count > 1 }, 2)
    try requireEqual(try words.atRoot { try $0.parallel().count { $0.count > 1 } }.value, Seppo.isRoot ? 2 : nil)
  },
]
