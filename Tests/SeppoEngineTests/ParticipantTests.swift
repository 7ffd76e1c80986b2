import SeppoEngine
import Testing

@Suite("The participant")
struct ParticipantTests {
  private final class Chunk: ChunkHolder {
    let cursor: ChunkCursor

    init(_ chunk: Range<Int>, unit: Int = 1) { cursor = ChunkCursor(chunk, unit: unit) }
  }

  /// Returns a participant with chunks of ten items; each thread has taken one and started its first item.
  private func participant(threads: Int, chunks: Int) -> (participant: Participant<Chunk>, chunks: [Chunk]) {
    var participant = Participant<Chunk>(threads: threads)
    let chunks = (0..<chunks).map { Chunk(($0 * 10)..<($0 * 10 + 10)) }
    for chunk in chunks { participant.submit(chunk) }
    for thread in 0..<threads { _ = participant.next(on: thread)?.cursor.next(1) }
    return (participant, chunks)
  }

  @Test("Chunks are taken in the order of their arrival, by at most the allowed number of threads")
  func takes() {
    var (participant, chunks) = participant(threads: 2, chunks: 3)
    #expect(participant.running.map(\.task.cursor.chunk) == [0..<10, 10..<20])
    #expect(participant.next(on: 2) == nil)
    participant.ended(chunks[0])
    #expect(participant.next(on: 0) === chunks[2])
    #expect(participant.waiting.isEmpty && participant.next(on: 0) == nil)
  }

  @Test("A recall gives up half of the unstarted items, the last ones first")
  func recall() {
    var (participant, chunks) = participant(threads: 1, chunks: 3)
    var dropped: [Range<Int>] = []
    // Nine items of the first chunk are unstarted, and all of the others.
    #expect(participant.recall { dropped.append($0.cursor.chunk) } == [20..<30, 15..<20])
    #expect(dropped == [20..<30] && participant.waiting.count == 1)
    #expect(chunks[1].cursor.kept == 10..<15)
    #expect(participant.recall { _ in } == [10..<15, 8..<10])
    while case let ranges = participant.recall(drop: { _ in }), !ranges.isEmpty {}
    #expect(chunks[0].cursor.kept == 0..<1)
  }

  @Test("Chunks that no thread has taken can be withdrawn")
  func withdraw() {
    var (participant, _) = participant(threads: 1, chunks: 3)
    var dropped = 0
    participant.withdraw { _ in dropped += 1 }
    #expect(dropped == 2 && participant.waiting.isEmpty && participant.running.count == 1)
  }

  @Test("The items after an overdue item are assigned up, and the item is reported once")
  func overdue() {
    var (participant, chunks) = participant(threads: 2, chunks: 3)
    func overdue(at now: Int, _ slots: [(items: Range<Int>, since: Int)?]) -> OverdueWork {
      participant.overdue(at: now, after: 100, inFlight: { slots[$1] }, drop: { _ in })
    }
    #expect(overdue(at: 100, [(0..<1, 0), (10..<11, 50)]).isEmpty)
    let first = overdue(at: 101, [(0..<1, 0), (10..<11, 50)])
    #expect(first.items.map(\.index) == [0] && first.items.map(\.since) == [0])
    #expect(first.returned == [1..<10])
    // The other thread may take it.
    #expect(participant.waiting.count == 1)
    let second = overdue(at: 200, [(0..<1, 0), (10..<11, 50)])
    #expect(second.items.map(\.index) == [10])
    #expect(second.returned == [11..<20, 20..<30])
    #expect(participant.waiting.isEmpty)
    #expect(overdue(at: 300, [(0..<1, 0), (10..<11, 50)]).isEmpty)
    participant.submit(chunks[2])
    #expect(overdue(at: 300, [(0..<1, 0), (10..<11, 50)]).returned == [20..<30])
  }

  @Test("An item that has just finished is not overdue")
  func justFinished() {
    var (participant, chunks) = participant(threads: 1, chunks: 1)
    // The thread has started the next item in the meantime.
    _ = chunks[0].cursor.next(1)
    let overdue = participant.overdue(at: 200, after: 100, inFlight: { _, _ in (0..<1, 0) }, drop: { _ in })
    #expect(overdue.items.isEmpty && overdue.returned == [2..<10])
    #expect(!chunks[0].cursor.isOverdue)
    #expect(participant.overdue(at: 300, after: 100, inFlight: { _, _ in nil }, drop: { _ in }).isEmpty)
  }
}
