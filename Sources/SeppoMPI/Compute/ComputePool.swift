import Synchronization

/// A chunk in the hands of a compute thread.
///
/// The thread in a Seppo call makes it and hands it over; a compute thread runs it and hands it back. The pool's mutex
/// orders the two, and between them nobody else touches it but for its claims and whether it has ceased, which are atomic:
/// that is why its subclasses are `@unchecked Sendable`.
///
/// It is computed within a Swift task that the calling thread makes, so that `f` finds the caller's task-local values
/// (loggers, traces, dependencies), and whether its task is cancelled. As the task's executor, it has the compute thread
/// run it. How floating-point numbers are rounded is the caller's, too.
class ComputeTask: TaskExecutor, @unchecked Sendable {
  /// The chunk as it was handed over; what has been called back since is above `end`.
  let chunk: Range<Int>
  /// So many items stay together where the end is called back.
  let unit: Int
  let claims: Claims
  /// Where the chunk ends by now. Only the thread in the call knows it, which is the one that cuts.
  fileprivate(set) var end: Int
  /// Whether its last item has been found late. Only the thread in the call knows it.
  fileprivate(set) var isLate = false
  private let ceased = Atomic<Bool>(false)
  /// Whether nobody will take it back, because the process is about to end.
  var hasCeased: Bool { ceased.load(ordering: .relaxed) }

  init(chunk: Range<Int>, unit: Int) {
    self.chunk = chunk
    self.unit = unit
    claims = Claims(count: chunk.count)
    end = chunk.upperBound
  }

  /// The chunk without what has been called back.
  var kept: Range<Int> { chunk.lowerBound..<end }

  /// - Parameter hand: where the thread shows what it computes.
  func run(_ kernel: ChunkKernel, _ hand: Hand) { preconditionFailure("a chunk that can't be computed") }

  /// No item of it is begun any more, also of those that are claimed.
  func cease() {
    ceased.store(true, ordering: .relaxed)
    _ = cut(.max)
  }

  /// The Swift task, from `carryContext` until it has run.
  private var carrier: UnownedJob?
  private var arithmetic = fenv_t()
  /// What the compute thread lends it.
  private var loan: (kernel: ChunkKernel, hand: Hand)?

  func enqueue(_ job: consuming ExecutorJob) { carrier = UnownedJob(job) }

  /// On the calling thread: takes along what `f` would find there.
  fileprivate func carryContext() {
    let task = Task(executorPreference: self) { self.runLoan() }
    if Task.isCancelled { task.cancel() }
    fegetenv(&arithmetic)
  }

  /// On a compute thread. No reference to the kernel is left behind.
  fileprivate func runInContext(_ kernel: @escaping ChunkKernel, _ hand: Hand) {
    // Also where the last item has left another.
    fesetenv(&arithmetic)
    loan = (kernel, hand)
    runCarrier()
    loan = nil
  }

  /// Lets the Swift task of a chunk that nobody computes end.
  fileprivate func drop() { runCarrier() }

  private func runCarrier() {
    carrier?.runSynchronously(on: asUnownedTaskExecutor())
    carrier = nil
  }

  private func runLoan() {
    if let loan { Surroundings.enter(.item) { run(loan.kernel, loan.hand) } }
  }

  /// Cuts off up to so many items that aren't begun.
  fileprivate func cut(_ wanted: Int) -> Range<Int> {
    let cut = claims.cut(wanted, unit: unit)
    let range = (chunk.lowerBound + cut.lowerBound)..<(chunk.lowerBound + cut.upperBound)
    if !range.isEmpty { end = range.lowerBound }
    return range
  }
}

/// What compute threads that sit at their items for too long leave to others.
struct LateItems {
  /// Items whose time has passed, each the last of its chunk by now, and since when they are computed.
  var items: [(index: Int, since: Int)] = []
  /// Ends of chunks, and chunks, that nobody here has begun.
  var givenBack: [Range<Int>] = []
}

/// The compute threads of a rank: they run `f`, and never call MPI.
///
/// pthreads, because handing over through a queue or a task costs several times as much, and because their stacks must be
/// large. Everything that changes is read and written under `mutex`, except the counts that say whether it is worth
/// taking: that is why it is `Sendable`.
final class ComputePool: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let workCame = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let workDone = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let finishedCount = Atomic<Int>(0)
  private let waitingCount = Atomic<Int>(0)

  /// How often a compute thread with nothing to do yields before it sleeps.
  private static let looks = 100

  private var threads = 0
  /// The hands of threads that have ended, by their numbers.
  private var freeHands: [Int] = []
  /// Whether a thread with nothing to do ends at once, as the system has no more to give.
  private var isShort = false
  /// How long a thread with nothing to do stays, in nanoseconds.
  private let patience: Int
  /// At most so many compute at once, in this call.
  private var allowed = 0
  /// In the hands of compute threads.
  private var running: [(task: ComputeTask, hand: Hand)] = []
  private var waiting: [ComputeTask] = []
  private var finished: [ComputeTask] = []
  private var kernel: ChunkKernel?
  private let hands: Hands

  /// - Parameter patience: how long a thread with nothing to do stays, in nanoseconds.
  init(_ hands: Hands, patience: Int = 30_000_000_000) {
    self.hands = hands
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
  func begin(_ kernel: @escaping ChunkKernel, threads wanted: Int) throws(SeppoError) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    self.kernel = kernel
    allowed = wanted
    isShort = false
    if threads == 0 { try startThread() }
  }

  /// Under the mutex. Where the system gives none, those that have nothing to do end, and leave it what they had.
  private func startThread() throws(SeppoError) {
    let number = freeHands.popLast() ?? threads
    let hand = hands.use(number)
    do throws(SeppoError) {
      try ComputeThread.start { [unowned self] in self.compute(hand, number) }
    } catch {
      freeHands.append(number)
      isShort = true
      pthread_cond_broadcast(workCame)
      throw error
    }
    threads += 1
  }

  /// How many threads there are.
  var size: Int {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return threads
  }

  /// Takes the kernel back. No item may be running or waiting.
  func end() {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    precondition(
      waiting.isEmpty && running.allSatisfy(\.task.kept.isEmpty), "a call ended while its items were computed")
    // All of a chunk may have been called back just as a thread took it up: that thread will find nothing to do.
    while !running.isEmpty { pthread_cond_wait(workDone, mutex) }
    finished.removeAll()
    finishedCount.store(0, ordering: .relaxed)
    kernel = nil
  }

  /// - Throws: where it takes one more thread, and the system gives none.
  func submit(_ task: ComputeTask) throws(SeppoError) {
    task.carryContext()
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if waiting.count >= threads - running.count, threads < allowed {
      do throws(SeppoError) { try startThread() } catch {
        task.drop()
        throw error
      }
    }
    waiting.append(task)
    waitingCount.store(waiting.count, ordering: .relaxed)
    pthread_cond_signal(workCame)
  }

  /// What has been computed since the last time.
  func takeFinished() -> [ComputeTask] {
    guard finishedCount.load(ordering: .acquiring) > 0 else { return [] }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    let taken = finished
    finished.removeAll(keepingCapacity: true)
    finishedCount.store(0, ordering: .relaxed)
    return taken
  }

  /// Takes back what no thread has begun.
  func withdraw() {
    pthread_mutex_lock(mutex)
    dropWaiting { _ in true }
    pthread_mutex_unlock(mutex)
  }

  /// No item is begun any more, also of what may still be submitted: the process is about to end.
  func stop() {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    allowed = 0
    for (task, _) in running { task.cease() }
  }

  /// Gives away half of what no thread has begun, the last items first.
  func giveBack() -> [Range<Int>] {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    let tasks = running.map(\.task) + waiting
    var wanted = (tasks.reduce(0) { $0 + $1.claims.left } + 1) / 2
    var given: [Range<Int>] = []
    for task in tasks.reversed() where wanted > 0 {
      let range = task.cut(wanted)
      guard !range.isEmpty else { continue }
      given.append(range)
      wanted -= range.count
    }
    dropWaiting(\.kept.isEmpty)
    return given
  }

  /// Under the mutex.
  private func dropWaiting(_ isDropped: (ComputeTask) -> Bool) {
    for task in waiting where isDropped(task) { task.drop() }
    waiting.removeAll(where: isDropped)
    waitingCount.store(waiting.count, ordering: .relaxed)
  }

  /// The items that have passed their time since this was last asked, with what stands behind them given back: the rest of
  /// their chunks, and what waits, where no thread is left that could begin it.
  ///
  /// - Parameter timeout: how long an item may take, in nanoseconds.
  func takeLate(timeout: Int) -> LateItems {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    var late = LateItems()
    // Before the hands are looked at: an item that is late by this clock is so by its own thread's, which looks later.
    let now = monotonicNanoseconds()
    for (task, hand) in running where !task.isLate {
      guard let (items, since) = hand.content, now - since > timeout else { continue }
      let rest = task.cut(.max)
      if !rest.isEmpty { late.givenBack.append(rest) }
      // Otherwise it has just come back after all.
      guard task.kept.upperBound == items.upperBound else { continue }
      task.isLate = true
      late.items.append((items.lowerBound, since))
    }
    if !waiting.isEmpty, running.count(where: \.task.isLate) >= allowed {
      late.givenBack += waiting.map(\.kept)
      dropWaiting { _ in true }
    }
    return late
  }

  /// Whether any compute thread is at work.
  var isRunning: Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return !running.isEmpty
  }

  /// Sleeps until a chunk is done, or for so long.
  func wait(nanoseconds: Int) {
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
  private func compute(_ hand: Hand, _ number: Int) {
    let stack = Crash.prepareThread()
    defer { Crash.leaveThread(stack) }
    while let task = computeNext(hand, number) {
      pthread_mutex_lock(mutex)
      running.removeAll { $0.task === task }
      finished.append(task)
      finishedCount.store(finished.count, ordering: .releasing)
      // Another thread may have stood back because too many were at work.
      if !waiting.isEmpty { pthread_cond_signal(workCame) }
      pthread_mutex_unlock(mutex)
      pthread_cond_signal(workDone)
    }
  }

  /// All of a compute thread's references to the kernel live in this frame, so that none is left when the task is said to
  /// be done: the kernel is only lent, and Swift traps where a reference outlives the loan.
  ///
  /// - Returns: nil where the thread is to end.
  @inline(never)
  private func computeNext(_ hand: Hand, _ number: Int) -> ComputeTask? {
    // The next chunk is often near, and a thread that sleeps takes several microseconds to wake.
    var looks = 0
    while looks < ComputePool.looks, waitingCount.load(ordering: .relaxed) == 0 {
      sched_yield()
      looks += 1
    }
    pthread_mutex_lock(mutex)
    let end = monotonicNanoseconds() + patience
    while waiting.isEmpty || running.count >= allowed {
      if isShort || monotonicNanoseconds() >= end {
        threads -= 1
        freeHands.append(number)
        pthread_mutex_unlock(mutex)
        return nil
      }
      wait(for: workCame, until: end)
    }
    let task = waiting.removeFirst()
    waitingCount.store(waiting.count, ordering: .relaxed)
    running.append((task, hand))
    guard let kernel else { preconditionFailure("a chunk came without its kernel") }
    pthread_mutex_unlock(mutex)
    hand.own()
    task.runInContext(kernel, hand)
    hand.empty()
    return task
  }
}
