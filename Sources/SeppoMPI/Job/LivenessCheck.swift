/// Checks, on rank 0, which other ranks respond when the launcher seems to end the job because some of them have died.
///
/// Launchers don't report why they end a job. But ranks that are alive answer, even while they compute.
struct LivenessCheck {
  private let began: Int

  /// The times, in nanoseconds, within which living ranks have answered, very likely and certainly. Unresponsive ranks
  /// are already recorded after the first one, because the end may be near.
  private static let likely = 120_000_000
  private static let certain = 400_000_000
  /// The time, in nanoseconds, after which the job would have ended.
  private static let longest = 5_000_000_000

  init(_ job: Job, at now: Int) throws {
    began = now
    try job.heartbeat.ask(job.members.present, in: job.current)
  }

  /// Returns the ranks that have not answered. On an oversubscribed host living ranks may be late, so that those with a
  /// living process are left out.
  func unresponsive(_ job: Job) -> [Int] {
    job.heartbeat.unresponsive(since: began).filter { !job.process.peers.isSeenAlive($0) }
  }

  func isLikely(at now: Int) -> Bool { now - began > LivenessCheck.likely }
  func isCertain(at now: Int) -> Bool { now - began > LivenessCheck.certain }
  func isOver(at now: Int) -> Bool { now - began > LivenessCheck.longest }
}
