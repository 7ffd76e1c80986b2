import Foundation
import SeppoEngine
import Synchronization
import TestSupport
import Testing

@testable import SeppoCompute
@testable import SeppoProcess

/// Counts how often each of its items is begun.
private final class CountingTask: ComputeTask, @unchecked Sendable {
  /// The pool's mutex orders whoever writes and whoever reads.
  private(set) var begun: [Int] = []

  let state: ComputeTaskState
  private let batch: Int

  init(_ chunk: Range<Int>, batch: Int) {
    self.batch = batch
    state = ComputeTaskState(ChunkCursor(chunk, unit: 1))
  }

  func run(_ kernel: ChunkKernel, _ slot: InFlightSlot) {
    while let places = cursor.next(batch) {
      _ = kernel(
        UnsafeRawBufferPointer(start: nil, count: 0), UnsafeMutableRawBufferPointer(start: nil, count: 0), 0,
        ChunkLimits())
      begun += places
    }
  }
}

@Suite("Compute threads", .serialized)
struct ComputePoolTests {
  private let pool = ComputePool(InFlightSlots(.allocate(byteCount: InFlightSlots.size, alignment: InFlightSlot.size)))

  private func takeAll(until done: () -> Bool) throws -> [CountingTask] {
    var taken: [CountingTask] = []
    let deadline = ContinuousClock.now + .seconds(60)
    while true {
      taken += pool.takeFinished().compactMap { $0 as? CountingTask }
      if done() && !pool.isRunning {
        taken += pool.takeFinished().compactMap { $0 as? CountingTask }
        return taken
      }
      try #require(ContinuousClock.now < deadline, "the compute threads don't come to an end")
      pool.wait(nanoseconds: 1_000_000)
    }
  }

  @Test("Every item is either begun once or given away once, whatever is given away meanwhile", arguments: [1, 2, 4])
  func begunOrGivenAway(threads: Int) throws {
    for round in 0..<40 {
      let calls = Atomic<Int>(0)
      try pool.begin(
        { _, _, _, _ in
          calls.add(1, ordering: .relaxed)
          return ChunkOutcome(completed: 0, thrown: nil)
        }, threads: threads)
      var kept: [Int] = []
      var given: [Int] = []
      var next = 0
      for chunk in 0..<20 {
        let size = 1 + (chunk * 37 + round) % 400
        try pool.submit(CountingTask(next..<(next + size), batch: 1 + chunk % 3))
        next += size
        if chunk % 2 == round % 2 { given += pool.recall().flatMap { Array($0) } }
      }
      while case let more = pool.recall(), !more.isEmpty { given += more.flatMap { Array($0) } }
      for task in try takeAll(until: { true }) {
        #expect(task.begun == Array(task.cursor.kept))
        kept += task.begun
      }
      #expect((kept + given).sorted() == Array(0..<next))
      pool.end()
    }
  }

  @Test("No more items at once than threads are allowed, whatever was allowed before")
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
      for item in 0..<(10 * threads) { try pool.submit(CountingTask(item..<(item + 1), batch: 1)) }
      var done = 0
      while done < 10 * threads {
        done += pool.takeFinished().count
        pool.wait(nanoseconds: 1_000_000)
      }
      #expect(most.load(ordering: .relaxed) == threads)
      pool.end()
    }
  }

  @Test("No more threads than there are chunks for, however many are allowed; those with nothing to do end")
  func started() throws {
    let pool = ComputePool(
      InFlightSlots(.allocate(byteCount: InFlightSlots.size, alignment: InFlightSlot.size)), patience: 100_000_000)
    for chunks in [1, 5, 2] {
      try pool.begin(
        { _, _, _, _ in
          usleep(20_000)
          return ChunkOutcome(completed: 0, thrown: nil)
        }, threads: InFlightSlots.most)
      for item in 0..<chunks { try pool.submit(CountingTask(item..<(item + 1), batch: 1)) }
      #expect(pool.size == chunks)
      var done = 0
      while done < chunks {
        done += pool.takeFinished().count
        pool.wait(nanoseconds: 1_000_000)
      }
      pool.end()
      let deadline = ContinuousClock.now + .seconds(60)
      while pool.size > 0 {
        try #require(ContinuousClock.now < deadline, "a thread with nothing to do doesn't end")
        usleep(10_000)
      }
    }
  }

  @Test("A chunk that is given away as a thread takes it up is no item that is computed when the call ends")
  func givenAwayWhileTakenUp() throws {
    for round in 0..<3_000 {
      try pool.begin({ _, _, _, _ in ChunkOutcome(completed: 0, thrown: nil) }, threads: 2)
      let task = CountingTask(0..<1, batch: 1)
      try pool.submit(task)
      for _ in 0..<(round % 50) { sched_yield() }
      if pool.recall().isEmpty { _ = try takeAll(until: { true }) }
      pool.end()
    }
  }

  @Test("Half of what isn't begun is given away, the last items first")
  func halves() throws {
    let gate = Gate()
    try pool.begin(
      { _, _, _, _ in
        gate.pass()
        return ChunkOutcome(completed: 0, thrown: nil)
      }, threads: 1)
    try pool.submit(CountingTask(0..<5, batch: 1))
    gate.awaitItem()
    try pool.submit(CountingTask(5..<9, batch: 1))
    // Item 0 is begun; eight aren't.
    #expect(pool.recall() == [5..<9])
    #expect(pool.recall() == [3..<5])
    #expect(pool.recall() == [2..<3])
    #expect(pool.recall() == [1..<2])
    #expect(pool.recall() == [])
    gate.open()
    let tasks = try takeAll(until: { true })
    #expect(tasks.map(\.begun) == [[0]])
    pool.end()
  }

  @Test("Once the process is about to end, no item is begun")
  func stop() throws {
    let gate = Gate()
    try pool.begin(
      { _, _, _, _ in
        gate.pass()
        return ChunkOutcome(completed: 0, thrown: nil)
      }, threads: 1)
    try pool.submit(CountingTask(0..<5, batch: 1))
    gate.awaitItem()
    try pool.submit(CountingTask(5..<9, batch: 1))
    pool.stop()
    gate.open()
    #expect(try takeAll(until: { true }).map(\.begun) == [[0]])
    try pool.submit(CountingTask(9..<12, batch: 1))
    // A thread that looks for work would have taken it up.
    for _ in 0..<100 { pool.wait(nanoseconds: 1_000_000) }
    #expect(pool.takeFinished().isEmpty && !pool.isRunning)
    pool.withdraw()
    pool.end()
  }
}

private enum Config {
  @TaskLocal static var scale = 1
}

/// Notes what it finds where it is computed.
private final class NotingTask: ComputeTask, @unchecked Sendable {
  let state: ComputeTaskState
  private(set) var scale: Int?
  private(set) var isCancelled: Bool?

  init(_ chunk: Range<Int>) { state = ComputeTaskState(ChunkCursor(chunk, unit: 1)) }

  func run(_ kernel: ChunkKernel, _ slot: InFlightSlot) {
    while cursor.next(1) != nil { (scale, isCancelled) = (Config.scale, Task.isCancelled) }
  }
}

extension ComputePoolTests {
  @Test("A chunk finds the task-local values of the thread that hands it over; one that nobody computes is let go")
  func taskLocals() async throws {
    let pool = ComputePool(InFlightSlots(.allocate(byteCount: InFlightSlots.size, alignment: InFlightSlot.size)))
    weak var dropped: NotingTask?
    try Config.$scale.withValue(2) {
      try pool.begin({ _, _, _, _ in ChunkOutcome(completed: 0, thrown: nil) }, threads: 1)
      let computed = NotingTask(0..<1)
      try pool.submit(computed)
      while pool.takeFinished().isEmpty { pool.wait(nanoseconds: 1_000_000) }
      #expect(computed.scale == 2)
      // No thread may begin it.
      pool.stop()
      do {
        let task = NotingTask(1..<2)
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

  @Test("A chunk finds whether the task that hands it over is cancelled", arguments: [false, true])
  func cancellation(isCancelled: Bool) async throws {
    let found = try await Task {
      if isCancelled { withUnsafeCurrentTask { $0?.cancel() } }
      let pool = ComputePool(InFlightSlots(.allocate(byteCount: InFlightSlots.size, alignment: InFlightSlot.size)))
      try pool.begin({ _, _, _, _ in ChunkOutcome(completed: 0, thrown: nil) }, threads: 1)
      let task = NotingTask(0..<1)
      try pool.submit(task)
      while pool.takeFinished().isEmpty { pool.wait(nanoseconds: 1_000_000) }
      pool.end()
      return task.isCancelled
    }.value
    #expect(found == isCancelled)
  }
}
