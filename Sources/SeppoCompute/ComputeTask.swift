import SeppoEngine
import SeppoProcess
import Synchronization

/// A chunk that a compute thread computes.
///
/// The calling thread creates the task and submits it; a compute thread runs it and returns it. Conforming types are
/// `@unchecked Sendable` because the pool's mutex orders these steps and no other thread accesses the task in between,
/// except for its cursor and its abandoned flag, which are atomic.
///
/// The chunk is computed within a Swift task that the calling thread creates, so that `f` sees the caller's task-local
/// values (loggers, traces, dependencies) and whether its task is cancelled. As that task's executor, the compute task
/// has the compute thread run it. The caller's floating-point rounding mode applies too.
package protocol ComputeTask: TaskExecutor {
  var state: ComputeTaskState { get }

  /// - Parameter slot: where the thread publishes the items that it computes.
  func run(_ kernel: ChunkKernel, _ slot: InFlightSlot)

  /// Returns the blocks that contain these items.
  func blocks(of items: Range<Int>) -> Range<Int>

  /// Called when no more items may be started, not even those already taken from the cursor.
  func onAbandon()
}

/// The state of a compute task that the calling thread and the compute thread share.
/// `Sendable` because the pool's mutex orders their accesses; see `ComputeTask`.
package final class ComputeTaskState: @unchecked Sendable {
  package let cursor: ChunkCursor
  fileprivate let abandoned = Atomic<Bool>(false)
  /// The number of the compute thread that has run the task.
  package internal(set) var thread = 0

  /// The Swift task, from `captureContext` until it has run.
  fileprivate var contextTask: UnownedJob?
  fileprivate var floatingPointEnvironment = fenv_t()
  /// What the compute thread lends to the Swift task.
  fileprivate var lent: (kernel: ChunkKernel, slot: InFlightSlot)?

  package init(_ cursor: ChunkCursor) { self.cursor = cursor }
}

extension ComputeTask {
  package var cursor: ChunkCursor { state.cursor }
  /// Whether the task's results are no longer needed, because the process is about to end.
  package var isAbandoned: Bool { state.abandoned.load(ordering: .relaxed) }

  package func blocks(of items: Range<Int>) -> Range<Int> { items }

  package func onAbandon() {}

  func abandon() {
    state.abandoned.store(true, ordering: .relaxed)
    _ = cursor.cut(.max)
    onAbandon()
  }

  package func enqueue(_ job: consuming ExecutorJob) { state.contextTask = UnownedJob(job) }

  /// Captures the caller's context for `f`. Called on the calling thread.
  func captureContext() {
    let task = Task(executorPreference: self) { self.runLent() }
    if Task.isCancelled { task.cancel() }
    fegetenv(&state.floatingPointEnvironment)
  }

  /// Runs the task in the captured context. Called on a compute thread; leaves no reference to the kernel.
  func runInContext(_ kernel: @escaping ChunkKernel, _ slot: InFlightSlot) {
    // The previous item on this thread may have changed it.
    fesetenv(&state.floatingPointEnvironment)
    state.lent = (kernel, slot)
    runContextTask()
    state.lent = nil
  }

  /// Ends the Swift task of a chunk that is not computed.
  func drop() { runContextTask() }

  private func runContextTask() {
    state.contextTask?.runSynchronously(on: asUnownedTaskExecutor())
    state.contextTask = nil
  }

  private func runLent() {
    if let lent = state.lent { run(lent.kernel, lent.slot) }
  }
}
