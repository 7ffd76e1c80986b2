import Foundation
import SeppoEngine
import Synchronization
import TestSupport
import Testing

@testable import SeppoCompute
@testable import SeppoProcess

/// Records which of its items are started.
private final class RecordingTask: ComputeTask, @unchecked Sendable {
  /// The pool's mutex orders writing and reading.
  private(set) var started: [Int] = []

  let state: ComputeTaskState
  private let batch: Int

  init(_ chunk: Range<Int>, batch: Int) {
    self.batch = batch
    state = ComputeTaskState(ChunkCursor(chunk, unit: 1))
  }

  func run(_ kernel: ChunkKernel, _ slot: InFlightSlot) {
    while let items = cursor.next(batch) {
      _ = kernel(
        UnsafeRawBufferPointer(start: nil, count: 0), UnsafeMutableRawBufferPointer(start: nil, count: 0), 0,
        ChunkLimits())
      started += items
    }
  }
}

@Suite("Compute threads", .serialized)
struct ComputePoolTests {
  private let pool = ComputePool(InFlightSlots(.allocate(byteCount: InFlightSlots.size, alignment: InFlightSlot.size)))

  private func takeAll(until done: () -> Bool) throws -> [RecordingTask] {
    var taken: [RecordingTask] = []
    let deadline = ContinuousClock.now + .seconds(60)
    while true {
      taken += pool.takeFinished().compactMap { $0 as? RecordingTask }
      if done() && !pool.isRunning {
        taken += pool.takeFinished().compactMap { $0 as? RecordingTask }
        return taken
      }
      try #require(ContinuousClock.now < deadline, "the compute threads don't finish")
      pool.wait(nanoseconds: 1_000_000)
    }
  }

  @Test("Every item is either started once or returned up once while chunks are recalled", arguments: [1, 2, 4])
  func startedOrReturned(threads: Int) throws {
    for round in 0..<40 {
      let calls = Atomic<Int>(0)
      try pool.begin(
        { _, _, _, _ in
          calls.add(1, ordering: .relaxed)
          return ChunkOutcome(completed: 0, thrown: nil)
        }, threads: threads)
      var kept: [Int] = []
      var returned: [Int] = []
      var next = 0
      for chunk in 0..<20 {
        let size = 1 + (chunk * 37 + round) % 400
        try pool.submit(RecordingTask(next..<(next + size), batch: 1 + chunk % 3))
        next += size
        if chunk % 2 == round % 2 { returned += pool.recall().flatMap { Array($0) } }
      }
      while case let more = pool.recall(), !more.isEmpty { returned += more.flatMap { Array($0) } }
      for task in try takeAll(until: { true }) {
        #expect(task.started == Array(task.cursor.kept))
        kept += task.started
      }
      #expect((kept + returned).sorted() == Array(0..<next))
      pool.end()
    }
  }

  @Test("No more items run at the same time than the call's number of threads")
  func allowed() throws {
    for threads in [4, 1, 3, 2] {
      let now = Atomic<Int>(0)
      let most = Atomic<Int>(0)
      try pool.begin(
        { _, _, _, _ in
          most.max(now.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
          usleep(2_000)
          now.subtract(1, ordering: .relaxed)
          return ChunkOutcome(completed: 0, thrown: nil)
        }, threads: threads)
      for item in 0..<(10 * threads) { try pool.submit(RecordingTask(item..<(item + 1), batch: 1)) }
      var done = 0
      while done < 10 * threads {
        done += pool.takeFinished().count
        pool.wait(nanoseconds: 1_000_000)
      }
      #expect(most.load(ordering: .relaxed) == threads)
      pool.end()
    }
  }

  @Test("No more threads are started than there are chunks, and idle threads end")
  func started() throws {
    let pool = ComputePool(
      InFlightSlots(.allocate(byteCount: InFlightSlots.size, alignment: InFlightSlot.size)), idleTimeout: 100_000_000)
    for chunks in [1, 5, 2] {
      try pool.begin(
        { _, _, _, _ in
          usleep(20_000)
          return ChunkOutcome(completed: 0, thrown: nil)
        }, threads: InFlightSlots.capacity)
      for item in 0..<chunks { try pool.submit(RecordingTask(item..<(item + 1), batch: 1)) }
      #expect(pool.size == chunks)
      var done = 0
      while done < chunks {
        done += pool.takeFinished().count
        pool.wait(nanoseconds: 1_000_000)
      }
      pool.end()
      let deadline = ContinuousClock.now + .seconds(60)
      while pool.size > 0 {
        try #require(ContinuousClock.now < deadline, "an idle thread doesn't end")
        usleep(10_000)
      }
    }
  }

  @Test("A chunk that is recalled while a thread takes it doesn't count as running when the call ends")
  func recalledWhileTaken() throws {
    for round in 0..<3_000 {
      try pool.begin({ _, _, _, _ in ChunkOutcome(completed: 0, thrown: nil) }, threads: 2)
      let task = RecordingTask(0..<1, batch: 1)
      try pool.submit(task)
      for _ in 0..<(round % 50) { sched_yield() }
      if pool.recall().isEmpty { _ = try takeAll(until: { true }) }
      pool.end()
    }
  }

  @Test("A recall gives up half of the unstarted items, the last ones first")
  func halves() throws {
    let gate = Gate()
    try pool.begin(
      { _, _, _, _ in
        gate.pass()
        return ChunkOutcome(completed: 0, thrown: nil)
      }, threads: 1)
    try pool.submit(RecordingTask(0..<5, batch: 1))
    gate.awaitItem()
    try pool.submit(RecordingTask(5..<9, batch: 1))
    // Item 0 is started; eight items aren't.
    #expect(pool.recall() == [5..<9])
    #expect(pool.recall() == [3..<5])
    #expect(pool.recall() == [2..<3])
    #expect(pool.recall() == [1..<2])
    #expect(pool.recall() == [])
    gate.open()
    let tasks = try takeAll(until: { true })
    #expect(tasks.map(\.started) == [[0]])
    pool.end()
  }

  @Test("No item is started after the pool was stopped")
  func stop() throws {
    let gate = Gate()
    try pool.begin(
      { _, _, _, _ in
        gate.pass()
        return ChunkOutcome(completed: 0, thrown: nil)
      }, threads: 1)
    try pool.submit(RecordingTask(0..<5, batch: 1))
    gate.awaitItem()
    try pool.submit(RecordingTask(5..<9, batch: 1))
    pool.stop()
    gate.open()
    #expect(try takeAll(until: { true }).map(\.started) == [[0]])
    try pool.submit(RecordingTask(9..<12, batch: 1))
    // Long enough for an idle thread to have taken it.
    for _ in 0..<100 { pool.wait(nanoseconds: 1_000_000) }
    #expect(pool.takeFinished().isEmpty && !pool.isRunning)
    pool.withdraw()
    pool.end()
  }
}

private enum Config {
  @TaskLocal static var scale = 1
}

/// Records the context in which it is computed.
private final class ContextTask: ComputeTask, @unchecked Sendable {
  let state: ComputeTaskState
  private(set) var scale: Int?
  private(set) var isCancelled: Bool?

  init(_ chunk: Range<Int>) { state = ComputeTaskState(ChunkCursor(chunk, unit: 1)) }

  func run(_ kernel: ChunkKernel, _ slot: InFlightSlot) {
    while cursor.next(1) != nil { (scale, isCancelled) = (Config.scale, Task.isCancelled) }
  }
}

extension ComputePoolTests {
  @Test("A chunk sees the task-local values of the thread that submits it, and a dropped chunk is released")
  func taskLocals() async throws {
    let pool = ComputePool(InFlightSlots(.allocate(byteCount: InFlightSlots.size, alignment: InFlightSlot.size)))
    weak var dropped: ContextTask?
    try Config.$scale.withValue(2) {
      try pool.begin({ _, _, _, _ in ChunkOutcome(completed: 0, thrown: nil) }, threads: 1)
      let computed = ContextTask(0..<1)
      try pool.submit(computed)
      while pool.takeFinished().isEmpty { pool.wait(nanoseconds: 1_000_000) }
      #expect(computed.scale == 2)
      // No thread may start it.
      pool.stop()
      do {
        let task = ContextTask(1..<2)
        try pool.submit(task)
        dropped = task
      }
      #expect(dropped != nil)
      pool.withdraw()
      #expect(dropped == nil)
      #expect(Config.scale == 2)
      #expect(withUnsafeCurrentTask { $0 != nil })
      pool.end()
    }
    #expect(Config.scale == 1)
  }

  @Test("A chunk sees whether the task that submits it is cancelled", arguments: [false, true])
  func cancellation(isCancelled: Bool) async throws {
    let found = try await Task {
      if isCancelled { withUnsafeCurrentTask { $0?.cancel() } }
      let pool = ComputePool(InFlightSlots(.allocate(byteCount: InFlightSlots.size, alignment: InFlightSlot.size)))
      try pool.begin({ _, _, _, _ in ChunkOutcome(completed: 0, thrown: nil) }, threads: 1)
      let task = ContextTask(0..<1)
      try pool.submit(task)
      while pool.takeFinished().isEmpty { pool.wait(nanoseconds: 1_000_000) }
      pool.end()
      return task.isCancelled
    }.value
    #expect(found == isCancelled)
  }
}
