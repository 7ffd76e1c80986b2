import SeppoEngine
import SeppoProcess
import Synchronization

/// A task as the participant sees it.
private struct PooledTask: ChunkHolder {
  let task: any ComputeTask
  var cursor: ChunkCursor { task.cursor }
}

/// The compute threads of a rank: they run `f`, and never call MPI.
///
/// pthreads, because handing over through a queue or a task costs several times as much, and because their stacks must be
/// large. Everything that changes is read and written under `mutex`, except the counts that say whether it is worth
/// taking: that is why it is `Sendable`.
package final class ComputePool: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let workCame = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let workDone = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let finishedCount = Atomic<Int>(0)
  private let waitingCount = Atomic<Int>(0)

  /// How often a compute thread with nothing to do yields before it sleeps.
  private static let looks = 100

  private var threads = 0
  /// The hands of threads that have ended, by their numbers.
  private var freeSlots: [Int] = []
  /// Whether a thread with nothing to do ends at once, as the system has no more to give.
  private var isShort = false
  /// How long a thread with nothing to do stays, in nanoseconds.
  private let patience: Int
  /// What waits and what the threads are at.
  private var participant = Participant<PooledTask>(threads: 0)
  private var finished: [any ComputeTask] = []
  private var kernel: ChunkKernel?
  private let slots: InFlightSlots

  /// - Parameter patience: how long a thread with nothing to do stays, in nanoseconds.
  package init(_ slots: InFlightSlots, patience: Int = 30_000_000_000) {
    self.slots = slots
    self.patience = patience
    pthread_mutex_init(mutex, nil)
    #if canImport(Darwin)
      pthread_cond_init(workCame, nil)
      pthread_cond_init(workDone, nil)
    #else
      var attributes = pthread_condattr_t()
      pthread_condattr_init(&attributes)
      // The time of day may be set while we wait.
      pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
      pthread_cond_init(workCame, &attributes)
      pthread_cond_init(workDone, &attributes)
      pthread_condattr_destroy(&attributes)
    #endif
  }

  /// Lends the kernel to the compute threads until `end`.
  ///
  /// - Parameter wanted: at most so many; the first one starts now, others where there is something for them.
  package func begin(_ kernel: @escaping ChunkKernel, threads wanted: Int) throws(NoThread) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    self.kernel = kernel
    participant.threads = wanted
    isShort = false
    if threads == 0 { try startThread() }
  }

  /// Under the mutex. Where the system gives none, those that have nothing to do end, and leave it what they had.
  private func startThread() throws(NoThread) {
    let number = freeSlots.popLast() ?? threads
    let slot = slots.use(number)
    do throws(NoThread) {
      try ComputeThread.start { [unowned self] in self.compute(slot, number) }
    } catch {
      freeSlots.append(number)
      isShort = true
      pthread_cond_broadcast(workCame)
      throw error
    }
    threads += 1
  }

  deinit {
    pthread_cond_destroy(workCame)
    pthread_cond_destroy(workDone)
    pthread_mutex_destroy(mutex)
    workCame.deallocate()
    workDone.deallocate()
    mutex.deallocate()
  }

  /// Ends the threads, and waits until they use nothing any more that the pool was given. No item may be running or waiting.
  package func close() {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    isShort = true
    pthread_cond_broadcast(workCame)
    while threads > 0 { pthread_cond_wait(workDone, mutex) }
  }

  /// How many threads there are.
  package var size: Int {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return threads
  }

  /// Takes the kernel back. No item may be running or waiting.
  package func end() {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    precondition(
      participant.waiting.isEmpty && participant.running.allSatisfy(\.task.cursor.kept.isEmpty),
      "a call ended while its items were computed")
    // All of a chunk may have been recalled just as a thread took it up: that thread will find nothing to do.
    while !participant.running.isEmpty { pthread_cond_wait(workDone, mutex) }
    finished.removeAll()
    finishedCount.store(0, ordering: .relaxed)
    kernel = nil
  }

  /// - Throws: where it takes one more thread, and the system gives none.
  package func submit(_ task: any ComputeTask) throws(NoThread) {
    task.carryContext()
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if participant.waiting.count >= threads - participant.running.count, threads < participant.threads {
      do throws(NoThread) { try startThread() } catch {
        task.drop()
        throw error
      }
    }
    participant.submit(PooledTask(task: task))
    waitingCount.store(participant.waiting.count, ordering: .relaxed)
    pthread_cond_signal(workCame)
  }

  /// What has been computed since the last time.
  package func takeFinished() -> [any ComputeTask] {
    guard finishedCount.load(ordering: .acquiring) > 0 else { return [] }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    let taken = finished
    finished.removeAll(keepingCapacity: true)
    finishedCount.store(0, ordering: .relaxed)
    return taken
  }

  /// Takes back what no thread has begun.
  package func withdraw() { change { $0.withdraw(drop: { $0.task.drop() }) } }

  /// No item is begun any more, also of what may still be submitted: the process is about to end.
  package func stop() {
    change { participant in
      participant.threads = 0
      for (pooled, _) in participant.running { pooled.task.cease() }
    }
  }

  /// Gives up half of what no thread has begun, the last items first.
  package func recall() -> [Range<Int>] { change { $0.recall(drop: { $0.task.drop() }) } }

  /// The items that have passed their time since this was last asked, with what stands behind them.
  ///
  /// - Parameter timeout: how long an item may take, in nanoseconds.
  package func takeOverdue(after timeout: Int) -> Overdue {
    change { [slots] participant in
      participant.overdue(
        at: monotonicNanoseconds(), after: timeout,
        inFlight: { pooled, thread in slots[thread].content.map { (pooled.task.blocks(of: $0.items), $0.since) } },
        drop: { $0.task.drop() })
    }
  }

  private func change<Value>(_ body: (inout Participant<PooledTask>) -> Value) -> Value {
    pthread_mutex_lock(mutex)
    defer {
      waitingCount.store(participant.waiting.count, ordering: .relaxed)
      pthread_mutex_unlock(mutex)
    }
    return body(&participant)
  }

  /// Whether any compute thread is at work.
  package var isRunning: Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return !participant.running.isEmpty
  }

  /// Sleeps until a chunk is done, or for so long.
  package func wait(nanoseconds: Int) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    guard finished.isEmpty else { return }
    wait(for: workDone, until: monotonicNanoseconds() + nanoseconds)
  }

  /// Under the mutex.
  private func wait(for condition: UnsafeMutablePointer<pthread_cond_t>, until end: Int) {
    #if canImport(Darwin)
      let left = max(0, end - monotonicNanoseconds())
      var time = timespec(tv_sec: left / 1_000_000_000, tv_nsec: left % 1_000_000_000)
      pthread_cond_timedwait_relative_np(condition, mutex, &time)
    #else
      var time = timespec(tv_sec: end / 1_000_000_000, tv_nsec: end % 1_000_000_000)
      pthread_cond_timedwait(condition, mutex, &time)
    #endif
  }

  /// What a compute thread does, until it has had nothing to do for long.
  private func compute(_ slot: InFlightSlot, _ number: Int) {
    let stack = Crash.prepareThread()
    defer { Crash.leaveThread(stack) }
    while let task = computeNext(slot, number) {
      pthread_mutex_lock(mutex)
      participant.ended(PooledTask(task: task))
      finished.append(task)
      finishedCount.store(finished.count, ordering: .releasing)
      // Another thread may have stood back because too many were at work.
      if !participant.waiting.isEmpty { pthread_cond_signal(workCame) }
      pthread_mutex_unlock(mutex)
      pthread_cond_signal(workDone)
    }
  }

  /// All of a compute thread's references to the kernel live in this frame, so that none is left when the task is said to
  /// be done: the kernel is only lent, and Swift traps where a reference outlives the loan.
  ///
  /// - Returns: nil where the thread is to end.
  @inline(never)
  private func computeNext(_ slot: InFlightSlot, _ number: Int) -> (any ComputeTask)? {
    // The next chunk is often near, and a thread that sleeps takes several microseconds to wake.
    var looks = 0
    while looks < ComputePool.looks, waitingCount.load(ordering: .relaxed) == 0 {
      sched_yield()
      looks += 1
    }
    pthread_mutex_lock(mutex)
    let end = monotonicNanoseconds() + patience
    var next = participant.next(on: number)
    while next == nil {
      if isShort || monotonicNanoseconds() >= end {
        threads -= 1
        freeSlots.append(number)
        pthread_cond_signal(workDone)
        pthread_mutex_unlock(mutex)
        return nil
      }
      wait(for: workCame, until: end)
      next = participant.next(on: number)
    }
    waitingCount.store(participant.waiting.count, ordering: .relaxed)
    guard let kernel, let task = next?.task else { preconditionFailure("a chunk came without its kernel") }
    pthread_mutex_unlock(mutex)
    slot.own()
    task.runInContext(kernel, slot)
    slot.empty()
    return task
  }
}
