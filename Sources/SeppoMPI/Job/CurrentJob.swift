import Synchronization

/// The job of the caller. Items on compute threads get it, too.
extension Job {
  /// The caller's job, if it is not the process's own.
  @TaskLocal private static var entered: Job?
  /// Whether there is any such job. If not, frequent queries such as `Seppo.rank` skip the task-local lookup.
  private static let hasOthers = Atomic<Bool>(false)

  static var current: Job { (hasOthers.load(ordering: .relaxed) ? entered : nil) ?? shared }

  /// Runs the body as a rank of this job.
  func enter<Value>(_ body: () throws -> Value) rethrows -> Value {
    Job.hasOthers.store(true, ordering: .relaxed)
    return try Job.$entered.withValue(self) { try ResultLoops().enter { try CallContext.enter(.everyRank, body) } }
  }
}
