/// Runs a body on another thread, inside a Swift task that the calling thread creates. The body therefore sees the
/// caller's task-local values: loggers, the rank that is a thread, the test that Swift Testing is running.
///
/// `Sendable` because `init` writes the properties once, before the thread that uses them starts.
final class CallerTaskExecutor: TaskExecutor, @unchecked Sendable {
  private var job: UnownedJob?
  private var body: (@Sendable () -> Void)?

  init(_ body: @escaping @Sendable () -> Void) {
    self.body = body
    Task(executorPreference: self) { self.body?() }
  }

  func enqueue(_ job: consuming ExecutorJob) { self.job = UnownedJob(job) }

  /// Runs the body on the calling thread.
  func run() {
    job?.runSynchronously(on: asUnownedTaskExecutor())
    (job, body) = (nil, nil)
  }

  /// Ends the Swift task without running the body.
  func drop() {
    body = nil
    run()
  }
}
