import SeppoEngine
import Synchronization
import Testing

/// Words of memory that live as long as a test.
final class Words: @unchecked Sendable {
  let start: UnsafeMutableRawPointer

  init(bytes: Int) {
    start = .allocate(byteCount: bytes, alignment: 64)
    start.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
  }

  deinit { start.deallocate() }
}

@Suite("Atomic ranges")
struct AtomicRangeTests {
  private let words = Words(bytes: 8)
  private var range: AtomicRange {
    AtomicRange(words.start.assumingMemoryBound(to: AtomicRange.Word.self), origin: 100)
  }

  @Test("The owner starts items at the beginning, and others cut off the end")
  func starts() {
    range.store(110..<120)
    #expect(range.start { _ in 3 } == 110..<113)
    #expect(range.cut { $0.lowerBound + $0.count / 2 } == 116..<120)
    #expect(range.current == 113..<116)
    #expect(range.start { $0 } == 113..<116)
    #expect(range.start { _ in 1 } == nil)
    #expect(range.cut { _ in 0 }.isEmpty)
  }

  @Test("Items that are given back can be started or cut off again")
  func givesBack() {
    range.store(100..<110)
    #expect(range.start { _ in 6 } == 100..<106)
    range.giveBack(103..<106)
    #expect(range.current == 103..<110)
    #expect(range.start { $0 } == 103..<110)
    range.giveBack(109..<110)
    #expect(range.cut { $0.lowerBound } == 109..<110)
    #expect(range.current.isEmpty)
  }

  @Test("Nothing is cut off at or behind the end")
  func cutsNothing() {
    range.store(105..<107)
    #expect(range.cut { _ in 107 }.isEmpty)
    #expect(range.cut { _ in 200 }.isEmpty)
    #expect(range.current == 105..<107)
  }
}

@Suite("Shared cursors")
struct SharedCursorTests {
  private static let workers = 4

  private let words = Words(bytes: SharedCursor.size(workers: workers))
  private var cursor: SharedCursor { SharedCursor(words.start) }

  private func begin(_ count: Int) {
    cursor.reset()
    cursor.open(count: count)
  }

  @Test("Each worker gets a share, and one that is late finds its share taken")
  func shares() {
    cursor.reset()
    #expect(cursor.take(share: 5, for: 0, of: 4) == nil)
    #expect(cursor.taken == 0)
    cursor.open(count: 20)
    #expect(cursor.taken == nil)
    #expect(cursor.take(share: 5, for: 2, of: 4) == 0..<5)
    #expect(cursor.unstarted(of: 2).start { $0 } == 0..<5)
    #expect(cursor.take(share: 5, for: 2, of: 4) == 5..<10)
    #expect(cursor.take(share: 5, for: 1, of: 4) == 10..<15)
    #expect(cursor.take(share: 5, for: 0, of: 4) == 15..<20)
    #expect(cursor.taken == 20)
  }

  @Test("When all is taken, half of the fullest worker's items are stolen")
  func steals() {
    begin(20)
    #expect(cursor.take(share: 12, for: 0, of: 4) == 0..<12)
    #expect(cursor.take(share: 12, for: 1, of: 4) == 12..<20)
    #expect(cursor.unstarted(of: 0).start { _ in 2 } == 0..<2)
    #expect(cursor.take(share: 12, for: 2, of: 4) == 7..<12)
    #expect(cursor.take(share: 12, for: 3, of: 4) == 16..<20)
    #expect(cursor.unstarted(of: 0).current == 2..<7)
    #expect(cursor.unstarted(of: 1).current == 12..<16)
  }

  @Test("The last unstarted item is stolen, too")
  func stealsTheLast() {
    begin(1)
    #expect(cursor.take(share: 1, for: 0, of: 4) == 0..<1)
    #expect(cursor.take(share: 1, for: 1, of: 4) == 0..<1)
    #expect(cursor.unstarted(of: 0).current.isEmpty)
    #expect(cursor.unstarted(of: 1).start { $0 } == 0..<1)
    #expect(cursor.take(share: 1, for: 2, of: 4) == nil)
  }

  @Test("Items at or above the bound are no longer taken")
  func bound() {
    begin(20)
    #expect(cursor.take(share: 5, for: 0, of: 4) == 0..<5)
    cursor.lower(to: 8)
    cursor.lower(to: 12)
    #expect(cursor.bound == 8)
    #expect(cursor.take(share: 5, for: 1, of: 4) == 5..<8)
    #expect(cursor.taken == 8)
    for worker in 0...1 { cursor.join(worker) }
    cursor.finish(3, by: 0, nanoseconds: 10)
    cursor.finish(5, by: 1, nanoseconds: 20)
    cursor.finish(0, by: 1, nanoseconds: 1)
    #expect(cursor.finished(by: 0) == (3, 10) && cursor.finished(by: 1) == (5, 21))
    #expect(cursor.finished == 8 && cursor.nanoseconds == 31)
    begin(3)
    #expect(cursor.bound > 3 && cursor.finished == 0 && cursor.nanoseconds == 0)
  }

  @Test("With several threads, each item is started once", arguments: [1, 3, 100])
  func race(share: Int) async {
    for _ in 0..<(10 * soak) {
      let (words, count) = (words, 3_000)
      begin(count)
      let started = (0..<count).map { _ in Counted() }
      await withTaskGroup(of: Void.self) { group in
        for worker in 0..<SharedCursorTests.workers {
          group.addTask {
            let cursor = SharedCursor(words.start)
            while cursor.finished < count {
              guard cursor.take(share: share, for: worker, of: SharedCursorTests.workers) != nil else {
                await Task.yield()
                continue
              }
              while let batch = cursor.unstarted(of: worker).start({ max(1, $0 / 2) }) {
                for item in batch { started[item].add() }
                cursor.finish(batch.count, by: worker, nanoseconds: 1)
              }
            }
          }
        }
      }
      #expect(started.allSatisfy { $0.count == 1 })
      #expect(cursor.finished == count && cursor.taken == count)
    }
  }
}

private final class Counted: Sendable {
  private let number = Atomic<Int>(0)

  var count: Int { number.load(ordering: .relaxed) }

  func add() { number.add(1, ordering: .relaxed) }
}
