/// Runs a body on another thread within a Swift task that the calling thread makes: so the body finds the caller's task-local
/// values, among them the test that Swift Testing runs.
///
/// Made by one thread and run by another, once each, and the thread's start orders the two: that is why it is `Sendable`.
final class CallersContext: TaskExecutor, @unchecked Sendable {
  private var job: UnownedJob?

  init(_ body: @escaping @Sendable () -> Void) { Task(executorPreference: self) { body() } }

  func enqueue(_ job: consuming ExecutorJob) { self.job = UnownedJob(job) }

  /// On the thread that runs the body.
  func run() {
    job?.runSynchronously(on: asUnownedTaskExecutor())
    job = nil
  }
}
