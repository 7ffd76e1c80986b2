/// Runs a body on another thread, inside a Swift task that the calling thread creates. The body therefore sees the
/// caller's task-local values: loggers, the rank that is a thread, the test that Swift Testing is running.
///
/// If the caller is on the main actor, the body counts as running there too: the closures of a sequence that is written in
/// `main.swift` belong to it, and trap elsewhere.
///
/// `Sendable` because `init` writes the properties once, before the thread that uses them starts.
final class CallerTaskExecutor: TaskExecutor, @unchecked Sendable {
  private var job: UnownedJob?
  private var body: (@Sendable () -> Void)?
  private let mainActor: MainActorStandIn?

  init(isOnMainActor: Bool, _ body: @escaping @Sendable () -> Void) {
    self.body = body
    mainActor = isOnMainActor ? MainActorStandIn() : nil
    Task(executorPreference: self) {
      if let mainActor = self.mainActor { await mainActor.run { self.body?() } } else { self.body?() }
    }
  }

  func enqueue(_ job: consuming ExecutorJob) { self.job = UnownedJob(job) }

  /// Runs the body on the calling thread.
  func run() {
    while let job {
      self.job = nil
      job.runSynchronously(on: asUnownedTaskExecutor())
      mainActor?.runPending()
    }
    body = nil
  }

  /// Ends the Swift task without running the body.
  func drop() {
    body = nil
    run()
  }
}

/// An actor whose code runs on any thread, and counts as the main actor's.
package actor MainActorStandIn {
  @TaskLocal private static var isUsed = false

  /// Whether the calling thread runs the main actor's code, or stands in for it.
  package static var isOnMainActor: Bool { isUsed || isOnMainQueue }

  /// `Sendable` because only the thread that runs the task uses it.
  private final class Executor: SerialExecutor, @unchecked Sendable {
    var job: UnownedJob?

    func enqueue(_ job: consuming ExecutorJob) { self.job = UnownedJob(job) }
  }

  private nonisolated let executor = Executor()

  package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  fileprivate func run(_ body: () -> Void) { MainActorStandIn.$isUsed.withValue(true, operation: body) }

  fileprivate nonisolated func runPending() {
    guard let job = executor.job else { return }
    executor.job = nil
    job.runSynchronously(on: MainActor.sharedUnownedExecutor)
  }
}
