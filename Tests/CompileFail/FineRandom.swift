// compiles
import SeppoMPI

@Sendable func walk(_ steps: Int, _ random: inout ItemRandom) -> Double {
  (0..<steps).reduce(0.0) { place, _ in place + Double.random(in: -1...1, using: &random) }
}

struct Workspace {
  var places: [Double] = []
}

func randomNumbers(_ seed: Int?) throws {
  let samples = try (0..<1_000).parallel(seed: 42).map { _, random in Double.random(in: 0..<1, using: &random) }
  let walks: [Double] = try [10, 20].parallel(chunk: .items(1), threads: 2, seed: seed).map(walk)
  let options = ParallelOptions(retries: 1, seed: -1)
  let dice = try (0..<100).parallel(options).seeded.map { item, random -> Int in
    var sum = item
    for _ in 0..<3 { sum += Int.random(in: 1...6, using: &random) }
    return sum
  }
  let shuffled = try [[1, 2, 3]].parallel(seed: 1).map { cards, random in cards.shuffled(using: &random) }
  let far = try stride(from: 1, to: 9, by: 2).parallel(seed: 3).compactMap { steps, random in
    let place = walk(steps, &random)
    return place > 1 ? place : nil
  }
  let results = try (0..<3).parallel(seed: 4).mapResults(walk)
  try (0..<3).parallel(seed: 4).forEach { item, random in print(item, random.next()) }
  try Seppo.atRoot { [1, 2] }.parallel(seed: 5).atRoot.map(walk).atRoot { print($0) }
  let chains = try [1, 2].parallel(seed: 6).map(with: { Workspace() }) { workspace, steps, random in
    workspace.places.append(walk(steps, &random))
    return workspace.places.last ?? 0
  }
  var random = ItemRandom(seed: 42, item: 17)
  print(samples, walks, dice, shuffled, far, results.count, chains, walk(3, &random))
}
