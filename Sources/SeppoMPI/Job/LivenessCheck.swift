/// Who of the others answers, on rank 0, where it seems that the job is being ended because some of them have died.
///
/// Launchers don't say why they end a job. But those that are alive answer, whatever they compute.
struct LivenessCheck {
  private let began: Int

  /// Nanoseconds within which who is alive has answered, in all likelihood: then those who haven't are noted, as the end may
  /// be near. And in all certainty.
  private static let likely = 120_000_000
  private static let certain = 400_000_000
  /// After this the job would have ended.
  private static let longest = 5_000_000_000

  init(_ job: Job, at now: Int) throws {
    began = now
    try job.heartbeat.ask(job.members.present, in: job.current)
  }

  /// A machine with more to do than it has cores lets ranks be silent that are well.
  func silent(_ job: Job) -> [Int] {
    job.heartbeat.silent(since: began).filter { !job.process.peers.isSeenAlive($0) }
  }

  func isLikely(at now: Int) -> Bool { now - began > LivenessCheck.likely }
  func isCertain(at now: Int) -> Bool { now - began > LivenessCheck.certain }
  func isOver(at now: Int) -> Bool { now - began > LivenessCheck.longest }
}
