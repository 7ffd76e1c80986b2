import SeppoEngine
import Testing

@_spi(CheckpointStore) @testable import SeppoMPI

@Suite("A call's items in a checkpoint")
struct WorkOfCallTests {
  private func bytes<Element: Codable & Sendable>(_ items: Elements<Element>, seed: Int? = nil) -> [[UInt8]] {
    let work = CheckpointWork(
      items, Blocks(of: items.count), result: Int.self, resultsAreMemory: true, place: "A/B.swift:1", round: 1,
      seed: seed)
    var allBytes: [[UInt8]] = []
    work.eachItem { index, bytes in
      #expect(index == allBytes.count)
      allBytes.append(Array(bytes))
    }
    return allBytes
  }

  @Test("With random numbers, seed and index are part of an item: its result depends on them")
  func seeds() {
    [7, 7, 7].withUnsafeBufferPointer { items in
      let plain = bytes(Elements.memory(items))
      #expect(plain[0] == plain[1])
      let seeded = bytes(Elements.memory(items), seed: 0)
      #expect(Set(seeded + plain + bytes(Elements.memory(items), seed: 1)).count == 7)
      #expect(seeded == bytes(Elements.memory(items), seed: 0))
    }
  }

  private func matchesItsElements<Base: Sequence>(_ base: Base) -> Bool where Base.Element: Codable & Sendable {
    guard let progression = SeppoMPI.progression(of: base) else { return false }
    let fromProgression = bytes(Elements<Base.Element>.progression(progression))
    let fromMemory = Array(base).withUnsafeBufferPointer { bytes(.memory($0)) }
    return fromProgression == fromMemory
  }

  @Test("A range or a stride has the same bytes as an array of its elements")
  func progressions() {
    #expect(matchesItsElements(0..<4))
    #expect(matchesItsElements(-3...9_000))
    #expect(matchesItsElements(UInt8(3)..<200))
    #expect(matchesItsElements(0..<0))
    #expect(matchesItsElements(stride(from: 0.0, to: 10, by: 0.1)))
    #expect(matchesItsElements(stride(from: Float(1), through: -1, by: -0.25)))
    #expect(matchesItsElements(stride(from: 7, to: -7, by: -3)))
  }
}
