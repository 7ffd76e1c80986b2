/// Runs a body on another thread, inside a Swift task that the calling thread creates. The body therefore sees the
/// caller's task-local values, including the test that Swift Testing is running.
///
/// `Sendable` because `init` writes the job once, before the thread that reads it starts.
final class CallerTaskExecutor: TaskExecutor, @unchecked Sendable {
  private var job: UnownedJob?

  init(_ body: @escaping @Sendable () -> Void) { Task(executorPreference: self) { body() } }

  func enqueue(_ job: consuming ExecutorJob) { self.job = UnownedJob(job) }

  /// Runs the body on the calling thread.
  func run() {
    job?.runSynchronously(on: asUnownedTaskExecutor())
    job = nil
  }
}
