import Synchronization

/// Which job the caller is a rank of: items find it, on compute threads, too.
extension Job {
  /// Where the caller is a rank of another job than the process's own.
  @TaskLocal private static var entered: Job?
  /// Whether there is any such job: what programs ask all the time (`Seppo.rank`) needn't look for it otherwise.
  private static let hasOthers = Atomic<Bool>(false)

  static var current: Job { (hasOthers.load(ordering: .relaxed) ? entered : nil) ?? shared }

  /// Runs the body as this rank of this job.
  func enter<Value>(_ body: () throws -> Value) rethrows -> Value {
    Job.hasOthers.store(true, ordering: .relaxed)
    return try Job.$entered.withValue(self) { try CallContext.enter(.everyRank, body) }
  }
}
