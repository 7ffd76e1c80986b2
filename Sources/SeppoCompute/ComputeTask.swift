import SeppoEngine
import SeppoProcess
import Synchronization

/// A chunk in the hands of a compute thread.
///
/// The thread in a Seppo call makes it and hands it over; a compute thread runs it and hands it back. The pool's mutex
/// orders the two, and between them nobody else touches it but for its claims and whether it has ceased, which are atomic:
/// that is why what conforms is `@unchecked Sendable`.
///
/// It is computed within a Swift task that the calling thread makes, so that `f` finds the caller's task-local values
/// (loggers, traces, dependencies), and whether its task is cancelled. As the task's executor, it has the compute thread
/// run it. How floating-point numbers are rounded is the caller's, too.
package protocol ComputeTask: TaskExecutor {
  var state: ComputeTaskState { get }

  /// - Parameter hand: where the thread shows what it computes.
  func run(_ kernel: ChunkKernel, _ slot: InFlightSlot)

  /// The blocks that hold these items.
  func blocks(of items: Range<Int>) -> Range<Int>

  /// No item of it is to be begun any more, also of those that are claimed.
  func onCease()
}

/// What a compute task is between the thread in the call and the compute thread; see `ComputeTask`.
package final class ComputeTaskState: @unchecked Sendable {
  package let cursor: ChunkCursor
  fileprivate let ceased = Atomic<Bool>(false)

  /// The Swift task, from `carryContext` until it has run.
  fileprivate var carrier: UnownedJob?
  fileprivate var arithmetic = fenv_t()
  /// What the compute thread lends it.
  fileprivate var loan: (kernel: ChunkKernel, slot: InFlightSlot)?

  package init(_ cursor: ChunkCursor) { self.cursor = cursor }
}

extension ComputeTask {
  package var cursor: ChunkCursor { state.cursor }
  /// Whether nobody will take it back, because the process is about to end.
  package var hasCeased: Bool { state.ceased.load(ordering: .relaxed) }

  package func blocks(of items: Range<Int>) -> Range<Int> { items }

  package func onCease() {}

  func cease() {
    state.ceased.store(true, ordering: .relaxed)
    _ = cursor.cut(.max)
    onCease()
  }

  package func enqueue(_ job: consuming ExecutorJob) { state.carrier = UnownedJob(job) }

  /// On the calling thread: takes along what `f` would find there.
  func carryContext() {
    let task = Task(executorPreference: self) { self.runLoan() }
    if Task.isCancelled { task.cancel() }
    fegetenv(&state.arithmetic)
  }

  /// On a compute thread. No reference to the kernel is left behind.
  func runInContext(_ kernel: @escaping ChunkKernel, _ slot: InFlightSlot) {
    // Also where the last item has left another.
    fesetenv(&state.arithmetic)
    state.loan = (kernel, slot)
    runCarrier()
    state.loan = nil
  }

  /// Lets the Swift task of a chunk that nobody computes end.
  func drop() { runCarrier() }

  private func runCarrier() {
    state.carrier?.runSynchronously(on: asUnownedTaskExecutor())
    state.carrier = nil
  }

  private func runLoan() {
    if let loan = state.loan { run(loan.kernel, loan.slot) }
  }
}
