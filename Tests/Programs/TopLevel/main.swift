// What a program does at the top level of main.swift, where closures belong to the main actor. Sequences that are drawn on
// another thread must work there too.
//
//   mpirun -n 3 TopLevel

import SeppoMPI

struct Signal: Codable, Sendable { var number: Int }

func even(_ signal: Signal) -> Int? { signal.number % 2 == 0 ? signal.number : nil }

let found = try (0..<2_000).lazy.map { Signal(number: $0) }.parallel().compactMap(even).count
var drawn = 0
let counted = try AnyIterator {
  drawn += 1
  return drawn <= 100 ? drawn : nil
}.mapParallel { $0 }.count
let zipped = try zip((0..<100).lazy.map { $0 * 2 }, 1...).mapParallel { a, b in a + b }.reduce(0, +)
let first = try sequence(first: 1) { $0 + 1 }.parallel().first { $0 > 500 }

var consumed = 0
try sequence(first: 2) { $0 + 1 }.prefix(1_000).parallel().forEachResult({ $0 }) { index, value in
  if value == index + 2 { consumed += 1 }
}

var inLoop = 0
var inside = 0
for try await (index, value) in (0..<10).lazy.map({ $0 * 2 }).parallel().results({ $0 + 1 }) {
  if value == 2 * index + 1 { inLoop += 1 }
  // On rank 0 alone.
  inside += try [1, 2, 3].mapParallel { $0 }.count
  for try await _ in (0..<2).parallel().results({ $0 }) { inside += 1 }
  do {
    try Seppo.atRoot {}
  } catch SeppoError.nested {
    inside += 1
  }
}

let sum = try Seppo.withPool({ (number: Int) in number + 1 }) { pool in
  for number in 0..<100 { pool.submit(number) }
  var sum = 0
  while let (_, result) = pool.next() { sum += try result.get() }
  return sum
}
var late = 0
// The program has suspended, and its code may be on another thread than the main one.
let afterAwait = try AnyIterator {
  late += 1
  return late <= 50 ? late : nil
}.mapParallel { $0 }.count
let after = try (0..<3).mapParallel { $0 }
try sum.atRoot {
  print(found, counted, zipped, first ?? -1, consumed, inLoop, inside, $0, afterAwait, after)
}
