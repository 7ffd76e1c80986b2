import SeppoMPI

let containsLaws = [
  Law("contains(where:) and allSatisfy equal Sequence's, for generated inputs and options") {
    try forGeneratedInputs(seed: 67) { input, random in
      let (numbers, options) = (input.numbers, input.options)
      let limit = [-1_000, 0, 900, 999, 1_000].randomElement(using: &random)!
      let what = "above \(limit), \(input.what)"
      let isAbove: @Sendable (Int) -> Bool = { $0 > limit }
      let isNotAbove: @Sendable (Int) -> Bool = { $0 <= limit }
      let parallel = numbers.parallel(options)
      try requireEqual(try parallel.contains(where: isAbove), numbers.contains(where: isAbove), what)
      try requireEqual(try parallel.allSatisfy(isNotAbove), numbers.allSatisfy(isNotAbove), what)
      let contains = try parallel.atRoot.contains(where: isAbove)
      try requireEqual(contains.value, Seppo.isRoot ? numbers.contains(where: isAbove) : nil, what)
      let allSatisfy = try parallel.atRoot.allSatisfy(isNotAbove)
      try requireEqual(allSatisfy.value, Seppo.isRoot ? numbers.allSatisfy(isNotAbove) : nil, what)
    }
  },
  Law("contains(where:) and allSatisfy throw an error only if it is below the deciding element") {
    let predicate: @Sendable (Int) throws -> Bool = { item in
      if item == 7_000 { throw LawError(description: "item \(item)") }
      return item == 6_999
    }
    try requireEqual(try (0..<40_000).parallel().contains(where: predicate), true)
    try requireItemThrew(7_000) { _ = try (0..<40_000).parallel().contains { try $0 != 6_999 && predicate($0) } }
    try requireEqual(try (0..<40_000).parallel().allSatisfy { try !predicate($0) }, false)
    try requireItemThrew(7_000) { _ = try (0..<40_000).parallel().allSatisfy { try $0 == 6_999 || !predicate($0) } }
  },
  Law("contains(where:) and allSatisfy work inside items, inside atRoot, and on an AtRoot collection") {
    let nested = try (0..<4).mapParallel { n in try (0..<n).parallel().contains { $0 == 1 } }
    try requireEqual(nested, [false, false, true, true])
    let words = try Seppo.atRoot { ["a", "bb", "ccc"] }
    try requireEqual(try words.parallel().allSatisfy { $0.count > 1 }, false)
    try requireEqual(try words.parallel().contains { $0.count > 2 }, true)
    try requireEqual(try words.atRoot { try $0.parallel().allSatisfy { !$0.isEmpty } }.value, Seppo.isRoot ? true : nil)
  },
]
