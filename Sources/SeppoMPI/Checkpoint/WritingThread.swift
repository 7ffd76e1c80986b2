import SeppoProcess
import Synchronization

/// The thread on which rank 0 stores results, so that the one that hands out items never waits for a disk.
///
/// One for the process, started when it is needed first. The mutex orders whoever hands over a job and the thread: that is
/// why it is `Sendable`.
final class WritingThread: @unchecked Sendable {
  static let shared = WritingThread()

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let jobCame = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var jobs: [@Sendable () -> Void] = []
  private var isStarted = false

  private init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(jobCame, nil)
  }

  /// Runs the jobs one after the other.
  func run(_ job: @escaping @Sendable () -> Void) throws {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if !isStarted {
      do throws(NoThread) {
        try ComputeThread.start { [unowned self] in
          while true { next()() }
        }
      } catch {
        throw SeppoError(error, rank: Seppo.rank, host: Seppo.hostName)
      }
      isStarted = true
    }
    jobs.append(job)
    pthread_cond_signal(jobCame)
  }

  private func next() -> @Sendable () -> Void {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while jobs.isEmpty { pthread_cond_wait(jobCame, mutex) }
    return jobs.removeFirst()
  }
}
