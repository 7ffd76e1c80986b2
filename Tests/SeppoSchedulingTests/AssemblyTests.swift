import SeppoScheduling
import Testing

@Suite("In-order assembly")
struct AssemblyTests {
  @Test("Parts that come in any order stand in the items' order")
  func anyOrder() {
    var random = Seeded(1)
    for _ in 0..<200 {
      var cuts = Set([0, 50])
      for _ in 0..<Int.random(in: 0...20, using: &random) { cuts.insert(Int.random(in: 0...50, using: &random)) }
      let sorted = cuts.sorted()
      let ranges = zip(sorted, sorted.dropFirst()).map { $0..<$1 }
      var assembly = Assembly<[Int]>(count: 50)
      for range in ranges.shuffled(using: &random) {
        #expect(!assembly.isComplete)
        assembly.place(Array(range), at: range)
      }
      #expect(assembly.isComplete)
      #expect(assembly.inOrder().flatMap(\.part) == Array(0..<50))
      #expect(assembly.inOrder().map(\.range) == ranges)
    }
  }

  @Test("Nothing is complete where nothing is wanted")
  func empty() {
    var assembly = Assembly<Int>(count: 0)
    #expect(assembly.isComplete)
    assembly.place(7, at: 0..<0)
    #expect(assembly.inOrder().isEmpty)
  }
}
