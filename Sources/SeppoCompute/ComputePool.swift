import SeppoEngine
import SeppoProcess
import Synchronization

/// Adapts a compute task to the participant.
private struct PooledTask: ChunkHolder {
  let task: any ComputeTask
  var cursor: ChunkCursor { task.cursor }
}

/// The compute threads of a rank. They run `f` and never call MPI.
///
/// They are pthreads, because handing work over through a queue or a Swift task takes several times as long, and
/// because `f` needs large stacks. `Sendable` because `mutex` guards all mutable state, except the atomic counts that
/// tell whether it is worth locking.
package final class ComputePool: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let workAvailable = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let workDone = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let finishedCount = Atomic<Int>(0)
  private let waitingCount = Atomic<Int>(0)

  /// How often an idle compute thread yields before it sleeps.
  private static let maximumYields = 100

  private var threads = 0
  /// The slot numbers of threads that have ended.
  private var freeSlots: [Int] = []
  /// Whether idle threads end at once, because the system can't create more threads.
  private var lacksThreads = false
  /// How long an idle thread is kept, in nanoseconds.
  private let idleTimeout: Int
  /// The waiting and the running tasks.
  private var participant = Participant<PooledTask>(threads: 0)
  /// The threads that have computed in this call. Others, left over from a call with more threads, get no task as long as
  /// these are enough: each would make a state of its own.
  private var active: Set<Int> = []
  private var finished: [any ComputeTask] = []
  private var kernel: ChunkKernel?
  private let slots: InFlightSlots
  /// The threads' stacks, by thread, and whether an item has needed a deep one.
  private var stacks: [Int: ThreadStack.Window] = [:]
  private var hasNeededDeepStack = false
  /// Whether the next `wait` returns at once.
  private var isWoken = false

  /// - Parameter idleTimeout: how long an idle thread is kept, in nanoseconds.
  package init(_ slots: InFlightSlots, idleTimeout: Int = 30_000_000_000) {
    self.slots = slots
    self.idleTimeout = idleTimeout
    pthread_mutex_init(mutex, nil)
    for condition in [workAvailable, workDone] { MonotonicCondition.initialize(condition) }
  }

  /// Lends the kernel to the compute threads until `end`.
  ///
  /// - Parameter wanted: the maximum number of threads. The first one starts now, others when there are tasks for them.
  /// - Throws: `ThreadCreationError` if the system can't create the first thread.
  package func begin(_ kernel: @escaping ChunkKernel, threads wanted: Int) throws(ThreadCreationError) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    self.kernel = kernel
    participant.threads = wanted
    active.removeAll(keepingCapacity: true)
    lacksThreads = false
    if threads == 0 { try startThread() }
  }

  /// Call it with the mutex locked. If the system can't create a thread, idle threads end to free resources.
  private func startThread() throws(ThreadCreationError) {
    let number = freeSlots.popLast() ?? threads
    let slot = slots.use(number)
    do throws(ThreadCreationError) {
      try ComputeThread.start { [unowned self] in self.compute(slot, number) }
    } catch {
      freeSlots.append(number)
      lacksThreads = true
      pthread_cond_broadcast(workAvailable)
      throw error
    }
    threads += 1
  }

  deinit {
    pthread_cond_destroy(workAvailable)
    pthread_cond_destroy(workDone)
    pthread_mutex_destroy(mutex)
    workAvailable.deallocate()
    workDone.deallocate()
    mutex.deallocate()
  }

  /// Ends all threads, and waits until they no longer use anything that was passed to the pool. No item may be running
  /// or waiting.
  package func close() {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    lacksThreads = true
    pthread_cond_broadcast(workAvailable)
    while threads > 0 { pthread_cond_wait(workDone, mutex) }
  }

  /// The number of threads.
  package var size: Int {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return threads
  }

  /// Returns whether an item has needed so much stack that a calling thread may not have it.
  package func needsDeepStack() -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    hasNeededDeepStack = hasNeededDeepStack || stacks.values.contains(where: \.isInUse)
    return hasNeededDeepStack
  }

  /// Takes the kernel back. No item may be running or waiting.
  package func end() {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    precondition(
      participant.waiting.isEmpty && participant.running.allSatisfy(\.task.cursor.kept.isEmpty),
      "the call ended while its items were being computed")
    // A chunk may have been recalled completely just as a thread took it. That thread finds nothing to do.
    while !participant.running.isEmpty { pthread_cond_wait(workDone, mutex) }
    finished.removeAll()
    finishedCount.store(0, ordering: .relaxed)
    kernel = nil
  }

  /// - Throws: `ThreadCreationError` if the task needs another thread and the system can't create it.
  package func submit(_ task: any ComputeTask) throws(ThreadCreationError) {
    task.captureContext()
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if participant.waiting.count >= threads - participant.running.count, threads < participant.threads {
      do throws(ThreadCreationError) { try startThread() } catch {
        task.drop()
        throw error
      }
    }
    participant.submit(PooledTask(task: task))
    waitingCount.store(participant.waiting.count, ordering: .relaxed)
    wakeThread()
  }

  /// Wakes a thread that takes a task. Call it with the mutex locked.
  private func wakeThread() {
    // A single thread that is woken may be one that gets no task in this call.
    if threads > participant.threads {
      pthread_cond_broadcast(workAvailable)
    } else {
      pthread_cond_signal(workAvailable)
    }
  }

  /// Returns the next task for this thread, or nil if there is none. Call it with the mutex locked.
  private func nextTask(on thread: Int) -> PooledTask? {
    guard active.contains(thread) || active.count < participant.threads, let task = participant.next(on: thread) else {
      return nil
    }
    active.insert(thread)
    return task
  }

  /// Returns the tasks that have finished since the last call.
  package func takeFinished() -> [any ComputeTask] {
    guard finishedCount.load(ordering: .acquiring) > 0 else { return [] }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    let taken = finished
    finished.removeAll(keepingCapacity: true)
    finishedCount.store(0, ordering: .relaxed)
    return taken
  }

  /// Drops the tasks that no thread has taken.
  package func withdraw() { change { $0.withdraw(drop: { $0.task.drop() }) } }

  /// Starts no more items, not even of tasks that are submitted later: the process is about to end.
  package func stop() {
    change { participant in
      participant.threads = 0
      for (pooled, _) in participant.running { pooled.task.abandon() }
    }
  }

  /// Gives up half of the unstarted items, the last ones first.
  package func recall() -> [Range<Int>] { change { $0.recall(drop: { $0.task.drop() }) } }

  /// Returns the items that have become overdue since the last call, and the unstarted items after them.
  ///
  /// - Parameter timeout: the maximum time per item, in nanoseconds.
  package func takeOverdue(after timeout: Int) -> OverdueWork {
    let overdue = change { [slots] participant in
      participant.overdue(
        at: monotonicNanoseconds(), after: timeout,
        inFlight: { pooled, thread in slots[thread].content.map { (pooled.task.blocks(of: $0.items), $0.since) } },
        drop: { $0.task.drop() })
    }
    for item in overdue.items { slots[item.thread].noteUnwanted(since: item.since) }
    return overdue
  }

  /// Kills the programs of items in flight that belong to blocks from this one on, which the call doesn't need any more.
  package func killPrograms(from bound: Int) {
    change { [slots] participant in
      for (pooled, thread) in participant.running {
        guard let (items, since) = slots[thread].content, pooled.task.blocks(of: items).lowerBound >= bound else {
          continue
        }
        slots[thread].noteUnwanted(since: since)
      }
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

  /// Whether any compute thread is running a task.
  package var isRunning: Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return !participant.running.isEmpty
  }

  /// Sleeps until a chunk is finished, `wake` is called, or for this long.
  package func wait(nanoseconds: Int) {
    pthread_mutex_lock(mutex)
    defer {
      isWoken = false
      pthread_mutex_unlock(mutex)
    }
    guard finished.isEmpty, !isWoken else { return }
    wait(for: workDone, until: monotonicNanoseconds() + nanoseconds)
  }

  /// Ends the current `wait`, or the next one. Called by any thread.
  package func wake() {
    pthread_mutex_lock(mutex)
    isWoken = true
    pthread_mutex_unlock(mutex)
    pthread_cond_signal(workDone)
  }

  /// Call it with the mutex locked.
  private func wait(for condition: UnsafeMutablePointer<pthread_cond_t>, until end: Int) {
    MonotonicCondition.wait(for: condition, mutex, until: end)
  }

  /// The body of a compute thread; returns when the thread is to end.
  private func compute(_ slot: InFlightSlot, _ number: Int) {
    let stack = Crash.prepareThread()
    defer { Crash.leaveThread(stack) }
    enterStack(of: number)
    defer { leaveStack(of: number) }
    while let task = computeNext(slot, number) {
      pthread_mutex_lock(mutex)
      participant.ended(PooledTask(task: task))
      finished.append(task)
      finishedCount.store(finished.count, ordering: .releasing)
      // Another thread may have found too many threads running.
      if !participant.waiting.isEmpty { wakeThread() }
      pthread_mutex_unlock(mutex)
      pthread_cond_signal(workDone)
    }
  }

  private func enterStack(of thread: Int) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    stacks[thread] = ThreadStack.Window()
  }

  private func leaveStack(of thread: Int) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if let stack = stacks.removeValue(forKey: thread), stack.isInUse { hasNeededDeepStack = true }
  }

  /// All references of a compute thread to the kernel live in this frame, so none is left when the task is reported as
  /// finished: the kernel is only lent, and Swift traps if a reference outlives that.
  ///
  /// - Returns: nil if the thread is to end.
  @inline(never)
  private func computeNext(_ slot: InFlightSlot, _ number: Int) -> (any ComputeTask)? {
    // The next chunk often arrives soon, and waking a sleeping thread takes several microseconds.
    var yields = 0
    while yields < ComputePool.maximumYields, waitingCount.load(ordering: .relaxed) == 0 {
      sched_yield()
      yields += 1
    }
    pthread_mutex_lock(mutex)
    let end = monotonicNanoseconds() + idleTimeout
    var next = nextTask(on: number)
    while next == nil {
      if lacksThreads || monotonicNanoseconds() >= end {
        threads -= 1
        freeSlots.append(number)
        active.remove(number)
        pthread_cond_signal(workDone)
        pthread_mutex_unlock(mutex)
        return nil
      }
      wait(for: workAvailable, until: end)
      next = nextTask(on: number)
    }
    waitingCount.store(participant.waiting.count, ordering: .relaxed)
    guard let kernel, let task = next?.task else { preconditionFailure("a chunk was submitted without a kernel") }
    pthread_mutex_unlock(mutex)
    slot.own()
    task.state.thread = number
    task.runInContext(kernel, slot)
    slot.empty()
    return task
  }
}
