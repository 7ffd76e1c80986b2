import SeppoEngine
import Testing

@_spi(CheckpointStore) @testable import SeppoMPI

@Suite("What a call's items are known by")
struct WorkOfCallTests {
  private func bytes<Element: Codable & Sendable>(_ items: Elements<Element>) -> [[UInt8]] {
    let work = CheckpointWork(
      items, Blocks(of: items.count), result: Int.self, resultsAreMemory: true, place: "A/B.swift:1", round: 1)
    var each: [[UInt8]] = []
    work.eachItem { index, bytes in
      #expect(index == each.count)
      each.append(Array(bytes))
    }
    return each
  }

  private func isAsItsElements<Base: Collection>(_ base: Base) -> Bool where Base.Element: Codable & Sendable {
    guard let progression = SeppoMPI.progression(of: base) else { return false }
    let fromProgression = bytes(Elements<Base.Element>.progression(progression))
    let fromMemory = Array(base).withUnsafeBufferPointer { bytes(.memory($0)) }
    return fromProgression == fromMemory
  }

  @Test("A range or a stride is known by the same bytes as an array of its elements")
  func progressions() {
    #expect(isAsItsElements(0..<4))
    #expect(isAsItsElements(-3...9_000))
    #expect(isAsItsElements(UInt8(3)..<200))
    #expect(isAsItsElements(0..<0))
    #expect(isAsItsElements(Strided(stride(from: 0.0, to: 10, by: 0.1))))
    #expect(isAsItsElements(Strided(stride(from: Float(1), through: -1, by: -0.25))))
    #expect(isAsItsElements(Strided(stride(from: 7, to: -7, by: -3))))
  }
}
