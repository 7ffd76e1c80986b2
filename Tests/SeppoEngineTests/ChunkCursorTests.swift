import SeppoEngine
import Testing

@Suite("Chunk cursors")
struct ChunkCursorTests {
  @Test("A chunk is started batch by batch to its end")
  func batches() {
    let cursor = ChunkCursor(100..<110, unit: 1)
    #expect(cursor.next(4) == 100..<104)
    #expect(cursor.remaining == 6)
    #expect(cursor.next(4) == 104..<108)
    #expect(cursor.next(4) == 108..<110)
    #expect(cursor.next(4) == nil)
    #expect(cursor.remaining == 0)
    let none = ChunkCursor(3..<3, unit: 1)
    #expect(none.next(1) == nil)
    #expect(none.cut(5).isEmpty)
  }

  @Test("Only unstarted items can be cut off the end")
  func cuts() {
    let cursor = ChunkCursor(0..<100, unit: 1)
    #expect(cursor.next(10) == 0..<10)
    #expect(cursor.cut(30) == 70..<100)
    #expect(cursor.remaining == 60)
    #expect(cursor.cut(0) == 70..<70)
    #expect(cursor.kept == 0..<70)
    #expect(cursor.cut(.max) == 10..<70)
    #expect(cursor.next(10) == nil)
    #expect(cursor.kept == 0..<10 && cursor.chunk == 0..<100)
  }

  @Test("Units are cut off as a whole, counted from the chunk's first item")
  func units() {
    let cursor = ChunkCursor(5..<30, unit: 10)
    #expect(cursor.next(10) == 5..<15)
    // The second unit starts at 15, the last five items at 25.
    #expect(cursor.cut(1) == 25..<30)
    #expect(cursor.cut(3) == 15..<25)
    #expect(cursor.cut(3).isEmpty)
  }

  @Test("While one thread starts items and another cuts them off, no item is lost or taken twice")
  func race() async {
    for _ in 0..<(20 * soak) {
      let cursor = ChunkCursor(0..<20_000, unit: 1)
      async let started = Task.detached {
        var started: [Range<Int>] = []
        while let batch = cursor.next(3) { started.append(batch) }
        return started
      }.value
      var cut: [Range<Int>] = []
      while case let range = cursor.cut(7), !range.isEmpty { cut.append(range) }
      let all = await started + cut.reversed()
      #expect(all.first?.lowerBound == 0 && all.last?.upperBound == 20_000)
      #expect(zip(all, all.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
    }
  }
}
