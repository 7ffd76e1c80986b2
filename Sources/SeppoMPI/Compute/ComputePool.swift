import Synchronization

/// A chunk in the hands of a compute thread.
///
/// The thread in a Seppo call makes it and hands it over; a compute thread runs it and hands it back. The pool's mutex
/// orders the two, and between them nobody else touches it: that is why its subclasses are `@unchecked Sendable`.
class ComputeTask: @unchecked Sendable {
  let chunk: Range<Int>

  init(chunk: Range<Int>) { self.chunk = chunk }

  func run(_ kernel: ChunkKernel) { preconditionFailure("a chunk that can't be computed") }
}

/// The compute threads of a rank: they run `f`, and never call MPI.
///
/// pthreads, because handing over through a queue or a task costs several times as much, and because their stacks must be
/// large. Everything that changes is read and written under `mutex`, except the count that says whether it is worth
/// taking: that is why it is `Sendable`.
final class ComputePool: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let workCame = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let workDone = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let finishedCount = Atomic<Int>(0)

  private var threads = 0
  /// At most so many compute at once, in this call.
  private var allowed = 0
  private var running = 0
  private var waiting: [ComputeTask] = []
  private var finished: [ComputeTask] = []
  private var kernel: ChunkKernel?

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(workCame, nil)
    #if canImport(Darwin)
      pthread_cond_init(workDone, nil)
    #else
      var attributes = pthread_condattr_t()
      pthread_condattr_init(&attributes)
      // The time of day may be set while we wait.
      pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
      pthread_cond_init(workDone, &attributes)
      pthread_condattr_destroy(&attributes)
    #endif
  }

  /// Lends the kernel to the compute threads until `end`.
  func begin(_ kernel: @escaping ChunkKernel, threads wanted: Int) throws(SeppoError) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    self.kernel = kernel
    allowed = wanted
    while threads < wanted {
      try ComputeThread.start { [unowned self] in self.computeForever() }
      threads += 1
    }
  }

  /// Takes the kernel back. Nothing may be running or waiting.
  func end() {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    precondition(running == 0 && waiting.isEmpty, "a call ended while its items were computed")
    finished.removeAll()
    finishedCount.store(0, ordering: .relaxed)
    kernel = nil
  }

  func submit(_ task: ComputeTask) {
    pthread_mutex_lock(mutex)
    waiting.append(task)
    pthread_mutex_unlock(mutex)
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
    waiting.removeAll()
    pthread_mutex_unlock(mutex)
  }

  /// Whether any compute thread is at work.
  var isRunning: Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return running > 0
  }

  /// Sleeps until a chunk is done, or for so long.
  func wait(nanoseconds: Int) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    guard finished.isEmpty else { return }
    var time = timespec()
    #if canImport(Darwin)
      time.tv_nsec = nanoseconds
      pthread_cond_timedwait_relative_np(workDone, mutex, &time)
    #else
      clock_gettime(CLOCK_MONOTONIC, &time)
      let sum = time.tv_nsec + nanoseconds
      time.tv_sec += sum / 1_000_000_000
      time.tv_nsec = sum % 1_000_000_000
      pthread_cond_timedwait(workDone, mutex, &time)
    #endif
  }

  private func computeForever() -> Never {
    while true {
      let task = computeNext()
      pthread_mutex_lock(mutex)
      running -= 1
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
  @inline(never)
  private func computeNext() -> ComputeTask {
    pthread_mutex_lock(mutex)
    while waiting.isEmpty || running >= allowed { pthread_cond_wait(workCame, mutex) }
    running += 1
    let task = waiting.removeFirst()
    guard let kernel else { preconditionFailure("a chunk came without its kernel") }
    pthread_mutex_unlock(mutex)
    Surroundings.enter(.item) { task.run(kernel) }
    return task
  }
}
