import SeppoWire
import Testing

@Suite struct RandomRoundTripTests {
  @Test(arguments: 0..<8 as Range<UInt64>) func randomTrees(block: UInt64) throws {
    let length = UInt64(30 * soak)
    for seed in (block * length)..<((block + 1) * length) {
      var generator = SeededGenerator(seed: seed)
      let trees = (0..<Int.random(in: 1...3, using: &generator)).map { _ in RandomTree.random(depth: 5, &generator) }
      do {
        let bytes = try encoded(trees)
        let back = try decoded(RandomTree.self, count: trees.count, from: bytes)
        #expect(back == trees, "seed \(seed)")
        // Parts that were written separately are read separately.
        let parts = try trees.map { try encoded([$0]) }
        #expect(parts == [bytes] || trees.count > 1, "seed \(seed)")
        #expect(try parts.flatMap { try decoded(RandomTree.self, from: $0) } == trees, "seed \(seed)")
      } catch {
        Issue.record(error, "seed \(seed)")
      }
    }
  }

  /// The generator makes values of every kind.
  @Test func everyKindIsGenerated() {
    var kinds: Set<String> = []
    for seed in 0..<500 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      kinds.insert(String("\(RandomTree.random(depth: 5, &generator))".prefix { $0 != "(" }))
    }
    #expect(kinds.count == 23)
  }
}
