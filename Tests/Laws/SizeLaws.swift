import Foundation
import SeppoMPI

let sizeLaws =
  [0, 1, 2, 3, 4, 5, 7, 8, 9, 11, 13, 97, 1_009, 100_003].map { count in
    Law("\(count) items can be mapped") {
      let items = (0..<count).map { Double($0) * 0.5 }
      try requireEqual(try items.mapParallel { $0 * $0 }, items.map { $0 * $0 })
      try requireEqual(try items.mapParallel { "\($0)" }, items.map { "\($0)" })
    }
  } + [
    Law("empty collections of every kind can be mapped") {
      try requireEqual(try [Int]().mapParallel { $0 }, [])
      try requireEqual(try (0..<0).mapParallel { "\($0)" }, [])
      try requireEqual(try Set<String>().mapParallel { $0 }, [])
      try requireEqual(try [Int]().parallel().atRoot.map { $0 }.value, Seppo.isRoot ? [] : nil)
    },
    Law("alone: maps of 16 items in a loop have the right results") {
      let rounds = getenv("LAWS_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 8_000
      // As in a sampler, each step needs all results of the previous step.
      let step = { @Sendable (x: UInt64) in (x &+ 1) &* 0x9E37_79B9_7F4A_7C15 ^ (x >> 29) }
      let text = { @Sendable (x: UInt64) in String(x, radix: 36) }
      var (walkers, wanted) = (Array(UInt64(0)..<16), Array(UInt64(0)..<16))
      for round in 0..<rounds {
        if round % 50 == 49 {
          try requireEqual(try walkers.mapParallel(text), wanted.map(text), "round \(round)")
        } else {
          walkers = try walkers.mapParallel(step)
          wanted = wanted.map(step)
          try requireEqual(walkers, wanted, "round \(round)")
        }
      }
    },
  ]
