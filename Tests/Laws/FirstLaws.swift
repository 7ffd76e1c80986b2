import Foundation
import SeppoMPI

let firstLaws = [
  Law("first(where:) equals Sequence.first, for generated inputs and options") {
    try forGeneratedInputs(seed: 61, rounds: 12) { input, random in
      let (numbers, options) = (input.numbers, input.options)
      let target = Int.random(in: -1_000...1_000, using: &random)
      let divisor = [1, 2, 100, 1_500].randomElement(using: &random)!
      let what = "\(target) modulo \(divisor), \(input.what)"
      let isFound: @Sendable (Int) -> Bool = { ($0 - target) % divisor == 0 }
      try requireEqual(try numbers.parallel(options).first(where: isFound), numbers.first(where: isFound), what)
      let range = -10..<(numbers.count * 2)
      try requireEqual(try range.parallel(options).first(where: isFound), range.first(where: isFound), what)
      let scattered = input.scattered
      try requireEqual(try scattered.parallel(options).first(where: isFound), scattered.first(where: isFound), what)
      let words = numbers.map { "\($0)" }
      let kept = try words.parallel(options).atRoot.first { $0.hasSuffix("77") }
      try requireEqual(kept.value, atRootOnly(words.first { $0.hasSuffix("77") }), what)
    }
  },
  Law("an error at an element below the found one is thrown, and one above it is ignored") {
    for (throwing, found, options) in [
      (5_000, 4_999, ParallelOptions()), (5_000, 5_001, ParallelOptions()), (0, 1, ParallelOptions()),
      (1, 0, ParallelOptions()), (39_999, 20_000, ParallelOptions(threads: 3)),
      (17, 900, ParallelOptions(chunk: .items(1))), (900, 17, ParallelOptions(chunk: .items(1))),
      (5_000, 4_999, ParallelOptions(retries: 1)), (4_998, 4_999, ParallelOptions(retries: 1)),
    ] {
      let isFound: @Sendable (Int) throws -> Bool = { item in
        if item == throwing { throw LawError(description: "item \(item)") }
        return item == found
      }
      if throwing < found {
        try requireItemThrew(throwing) { _ = try (0..<40_000).parallel(options).first(where: isFound) }
      } else {
        try requireEqual(try (0..<40_000).parallel(options).first(where: isFound), found, "\(throwing), \(options):")
      }
    }
  },
  Law("an error above an element that is found later is ignored") {
    for options in [
      ParallelOptions(chunk: .items(1), threads: 2), ParallelOptions(chunk: .items(1), threads: 2, retries: 1),
    ] {
      let shared = try SharedBytes(1_000)
      let found = try (0..<1_000).parallel(options).first { item in
        if item == 3 {
          guard shared.waitFor([700]) else { throw LawError(description: "item 700 was not evaluated") }
          // Until rank 0 knows the error.
          usleep(50_000)
          return true
        }
        if item == 700 {
          shared.mark(700)
          throw LawError(description: "item 700")
        }
        return false
      }
      try requireEqual(found, 3)
    }
  },
  Law("elements below a found one are finished, and the lowest counts") {
    let shared = try SharedBytes(1_000)
    let found = try (0..<1_000).parallel(chunk: .items(1), threads: 2).first { item in
      shared.mark(item)
      return item == 3 ? shared.waitFor([700]) : item >= 700
    }
    try requireEqual(found, 3)
  },
  Law("first over the largest range finds what is near the start") {
    try requireEqual(try (0..<Int.max).parallel().first { $0 == 12_345 }, 12_345)
    try requireEqual(try (0...(1 << 50)).parallel().contains { $0 == 54_321 }, true)
  },
  Law("no element above a found one is started any more") {
    let shared = try SharedBytes(20_000)
    for options in [ParallelOptions(chunk: .items(1)), ParallelOptions(), ParallelOptions(threads: 2)] {
      for item in 0..<20_000 { shared[item] = 0 }
      try Seppo.atRoot {}
      let found = try (0..<20_000).parallel(options).first { item in
        usleep(100)
        shared.mark(item)
        return item >= 30
      }
      try requireEqual(found, 30)
      let evaluated = (0..<20_000).count { shared.isMarked($0) }
      try require(evaluated < 10_000, "\(evaluated) elements were evaluated, \(options)")
      try Seppo.atRoot {}
    }
  },
  Law("first(where:) works inside items, inside atRoot, and on an AtRoot collection") {
    let nested = try (0..<5).mapParallel { n in try (0..<n).parallel().first { $0 % 3 == 2 } }
    try requireEqual(nested, [nil, nil, nil, 2, 2])
    let words = try Seppo.atRoot { ["a", "bb", "ccc", "dd"] }
    try requireEqual(try words.parallel().first { $0.count > 1 }, "bb")
    try requireEqual(try words.parallel().first { $0.count > 7 }, nil)
    try requireEqual(try words.parallel().atRoot.first { $0.count > 1 }.value, atRootOnly("bb"))
    try requireEqual(try words.atRoot { try $0.parallel().first { $0.count > 2 } }.value, atRootOnly("ccc"))
    try requireEqual(try [Int]().parallel().first { _ in true }, nil)
  },
  Law("first(where:) in a loop finds every element, and other calls work between") {
    for target in 0..<40 {
      try requireEqual(try (0..<64).parallel().first { $0 >= target }, target)
      try requireEqual(try (0..<64).mapParallel { $0 + target }, (target..<(64 + target)).map { $0 })
    }
  },
]
