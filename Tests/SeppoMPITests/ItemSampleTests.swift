import Testing

@testable import SeppoMPI

@Suite("Samples of items")
struct ItemSampleTests {
  @Test(
    "A sample contains all items if they are few, else 64 from the first to the last",
    arguments: [0, 1, 2, 63, 64, 65, 1_000, .max])
  func places(_ count: Int) {
    let places = ItemSample.places(in: count)
    #expect(places.count == min(count, 64))
    #expect(places.first == (count == 0 ? nil : 0) && places.last == (count == 0 ? nil : count - 1))
    #expect(zip(places, places.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test("Equal items have equal samples in any collection")
  func equal() {
    #expect(ItemSample(elements: 0..<1_000) == ItemSample(elements: Array(0..<1_000)))
    #expect(ItemSample(elements: (0..<1_000).lazy.map { "\($0)" }) == ItemSample(elements: (0..<1_000).map { "\($0)" }))
    #expect(ItemSample(elements: (0..<70).reversed()) == ItemSample(elements: Array((0..<70).reversed())))
  }

  @Test("The order of sets and dictionaries inside items doesn't matter")
  func hashed() {
    let (one, other) = (Set(0..<100), Set((0..<100).reversed()))
    #expect(ItemSample(elements: [one]) == ItemSample(elements: [other]))
    #expect(ItemSample(elements: [one]) != ItemSample(elements: [one.subtracting([7])]))
  }

  @Test("The first difference is found: in the count, in the first item, in the last item")
  func differences() {
    let sample = ItemSample(elements: [1, 2, 3])
    #expect(sample.difference(of: ItemSample(elements: [1, 2, 3])) == nil)
    #expect(sample.difference(of: ItemSample(elements: [1, 2])) == .count(2))
    #expect(sample.difference(of: ItemSample(elements: [4, 2, 4])) == .item(0))
    var names = (0..<500).map { "name \($0)" }
    let before = ItemSample(elements: names)
    names[499] = "another"
    #expect(before.difference(of: ItemSample(elements: names)) == .item(499))
    #expect(ItemSample(elements: [0.0]) != ItemSample(elements: [-0.0]))
  }
}
